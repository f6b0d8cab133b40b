//! The heads of requests, compressed (HPACK, RFC 7541), so that whatever stays the same is a byte.
//!
//! The crate h2 never indexes a path or a cookie: the article's request would be ten times as long each time. So h2 keeps
//! the streams, and this says what is asked. A client's own table is its affair alone: the other end follows. It must not
//! know requests, nor frames.

mod huffman;
mod table;

use std::rc::Rc;

use table::Table;

/// The largest dynamic table that is used, whatever the server would bear.
const TABLE_BYTES: usize = 4096;
/// What a path is where no table has it.
const PATH: &str = ":path";

/// A field of a request, its name in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Vec<u8>,
    /// The next request says the same: it is worth a place in the table.
    pub stays: bool,
}

/// What a request says: what many say alike, and what is this one's own.
#[derive(Clone, Debug)]
pub struct Block {
    /// Of all, the pseudo-header fields first.
    pub fields: Rc<[Field]>,
    /// Instead of the path among them, as it is another each time.
    pub path: Option<Vec<u8>>,
    /// More fields, behind them.
    pub more: Vec<Field>,
    /// Its weight among others, where it says one; not compressed, it stands before all of them.
    pub weight: Option<u8>,
}

/// One client's end of HPACK.
#[derive(Debug)]
pub struct Encoder {
    table: Table,
    /// The table has another size from the next block on.
    resized: bool,
    /// The last path that was no other's.
    path: Vec<u8>,
}

/// With an empty table, as large as any server takes (RFC 9113 §6.5.2).
impl Default for Encoder {
    fn default() -> Encoder {
        Encoder { table: Table::new(TABLE_BYTES), resized: false, path: Vec::new() }
    }
}

impl Encoder {
    /// The server says how large the table may be.
    pub fn limit(&mut self, bytes: usize) {
        let bytes = bytes.min(TABLE_BYTES);
        if bytes != self.table.limit() {
            self.table.resize(bytes);
            self.resized = true;
        }
    }

    /// Puts `block` behind what is in `out`.
    pub fn encode(&mut self, block: &Block, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.resized) {
            integer(self.table.limit(), 5, 0x20, out);
        }
        for field in block.fields.iter() {
            match &block.path {
                Some(path) if field.name == PATH => self.own_path(path, field.stays, out),
                _ => self.field(&field.name, &field.value, field.stays, out),
            }
        }
        for field in &block.more {
            self.field(&field.name, &field.value, field.stays, out);
        }
    }

    /// One that changes is worth no place in the table; one that has come twice stays, where it may.
    fn own_path(&mut self, path: &[u8], may_stay: bool, out: &mut Vec<u8>) {
        let stays = may_stay && self.path == path;
        self.field(PATH, path, stays, out);
        if !stays {
            self.path.clear();
            self.path.extend_from_slice(path);
        }
    }

    fn field(&mut self, name: &str, value: &[u8], stays: bool, out: &mut Vec<u8>) {
        let found = self.table.find(name, value);
        match (found.whole, found.name) {
            (Some(index), _) => return integer(index, 7, 0x80, out),
            // §6.2.1 with a place in the table, §6.2.2 without.
            (None, Some(index)) if stays => integer(index, 6, 0x40, out),
            (None, Some(index)) => integer(index, 4, 0, out),
            (None, None) => {
                out.push(if stays { 0x40 } else { 0 });
                text(name.as_bytes(), out);
            }
        }
        text(value, out);
        if stays {
            self.table.insert(name, value);
        }
    }
}

/// §5.1: in the last `bits` of a byte, and in more bytes where they do not suffice.
fn integer(number: usize, bits: u32, flags: u8, out: &mut Vec<u8>) {
    let most = (1 << bits) - 1;
    if number < most {
        return out.push(flags | number as u8);
    }
    out.push(flags | most as u8);
    let mut rest = number - most;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// §5.2: by Huffman's code where that is shorter.
fn text(text: &[u8], out: &mut Vec<u8>) {
    let short = huffman::length(text);
    if short < text.len() {
        integer(short, 7, 0x80, out);
        huffman::encode(text, out);
    } else {
        integer(text.len(), 7, 0, out);
        out.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(fields: &[(&str, &str)]) -> Block {
        let field = |&(name, value): &(&str, &str)| Field {
            name: name.to_owned(),
            value: value.as_bytes().to_vec(),
            stays: true,
        };
        Block { fields: fields.iter().map(field).collect(), path: None, more: vec![], weight: None }
    }

    fn hex(encoder: &mut Encoder, block: &Block) -> String {
        let mut out = vec![];
        encoder.encode(block, &mut out);
        out.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// RFC 7541 §C.4: three requests over one connection.
    #[test]
    fn the_requests_of_the_rfc() {
        let mut encoder = Encoder::default();
        let same =
            [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")];
        assert_eq!(hex(&mut encoder, &block(&same)), "828684418cf1e3c2e5f23a6ba0ab90f4ff");
        let second = [&same[..], &[("cache-control", "no-cache")]].concat();
        assert_eq!(hex(&mut encoder, &block(&second)), "828684be5886a8eb10649cbf");
        let third = [
            (":method", "GET"),
            (":scheme", "https"),
            (":path", "/index.html"),
            (":authority", "www.example.com"),
            ("custom-key", "custom-value"),
        ];
        assert_eq!(hex(&mut encoder, &block(&third)), "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf");
    }

    #[test]
    fn what_stays_is_a_byte_and_what_changes_is_not_kept() {
        let mut encoder = Encoder::default();
        let mut asked =
            block(&[(":path", "/feed/0000000001"), ("cookie", "session=0123456789"), ("x-own", "1")]);
        hex(&mut encoder, &asked);
        assert_eq!(hex(&mut encoder, &asked).len() / 2, 3);
        for (path, begins, bytes) in [(2, "04", 13), (3, "04", 13), (3, "44", 13), (3, "be", 1)] {
            asked.path = Some(format!("/feed/000000000{path}").into_bytes());
            let path = hex(&mut encoder, &asked);
            assert!(path.starts_with(begins) && path.len() / 2 <= bytes + 2 + 2, "{path}");
        }
    }

    #[test]
    fn a_server_that_has_no_table_is_told_that_there_is_none() {
        let mut encoder = Encoder::default();
        let asked = block(&[(":method", "GET"), ("x-own", "1")]);
        hex(&mut encoder, &asked);
        encoder.limit(0);
        let bare = hex(&mut encoder, &asked);
        assert!(bare.starts_with("2082"), "{bare}");
        assert_eq!(hex(&mut encoder, &asked), bare["20".len()..], "the table stays empty");
        encoder.limit(1 << 20);
        assert!(hex(&mut encoder, &asked).starts_with("3fe11f82"), "4,096 and no more");
    }
}
