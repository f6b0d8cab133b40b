// HPACK (RFC 7541), the reading end: fields, and how many bytes each took. The static table and the lengths of Huffman's words
// are read out of wsbench's own encoder; that both are the RFC's is held by its tests.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../src/drivers/http/two/hpack");
const between = (file, from, to) => {
  const text = readFileSync(join(folder, file), "utf8");
  const begin = text.indexOf(from);
  return text.slice(begin + from.length, text.indexOf(to, begin));
};
const STATIC = [...between("table.rs", "STATIC: [(&str, &str); 61] = [", "];").matchAll(/\("([^"]*)", "([^"]*)"\)/g)]
  .map(([, name, value]) => ({ name, value }));
const BITS = between("huffman.rs", "BITS: [u8; 256] = [", "];").match(/\d+/g).map(Number);
if (STATIC.length !== 61 || BITS.length !== 256) throw new Error("the tables of hpack.mjs are not where they were");

// The code is canonical; the byte that nobody says (EOS) has the last word.
const WORDS = new Map();
for (let word = 0, length = 1; length <= 30; length++, word <<= 1) {
  BITS.forEach((bits, byte) => bits === length && WORDS.set(`${length}:${word++}`, byte));
}

function huffman(bytes) {
  const text = [];
  let word = 0, length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      [word, length] = [(word << 1) | ((byte >> bit) & 1), length + 1];
      const found = WORDS.get(`${length}:${word}`);
      if (found !== undefined) {
        text.push(found);
        [word, length] = [0, 0];
      }
    }
  }
  return Buffer.from(text).toString("latin1");
}

export class Decoder {
  #table = [];
  #limit = 4096;
  #at = 0;
  #block = Buffer.alloc(0);

  /** The fields of a block, in their order; an announced size of the table counts to the field behind it. */
  decode(block) {
    [this.#block, this.#at] = [block, 0];
    const fields = [];
    let begin = 0;
    while (this.#at < block.length) {
      const field = this.#field();
      if (field) {
        fields.push({ ...field, bytes: this.#at - begin });
        begin = this.#at;
      }
    }
    return fields;
  }

  #field() {
    const first = this.#block[this.#at];
    if (first & 0x80) return { ...this.#entry(this.#integer(7)), how: "indexed" };
    if ((first & 0xe0) === 0x20) {
      this.#limit = this.#integer(5);
      this.#evict();
      return undefined;
    }
    const indexes = (first & 0x40) !== 0;
    const place = this.#integer(indexes ? 6 : 4);
    const name = place > 0 ? this.#entry(place).name : this.#text();
    const field = { name, value: this.#text() };
    if (indexes) {
      this.#table.unshift(field);
      this.#evict();
    }
    return { ...field, how: indexes ? "kept" : "written out" };
  }

  #entry(index) {
    const entry = index <= STATIC.length ? STATIC[index - 1] : this.#table[index - STATIC.length - 1];
    if (!entry) throw new Error(`HPACK: no entry ${index}`);
    return { ...entry };
  }

  #integer(bits) {
    const most = (1 << bits) - 1;
    let number = this.#block[this.#at++] & most;
    if (number < most) return number;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#block[this.#at++];
      number += (byte & 0x7f) << shift;
      if (!(byte & 0x80)) return number;
    }
  }

  #text() {
    const coded = (this.#block[this.#at] & 0x80) !== 0;
    const length = this.#integer(7);
    const bytes = this.#block.subarray(this.#at, (this.#at += length));
    return coded ? huffman(bytes) : bytes.toString("latin1");
  }

  #evict() {
    const size = () => this.#table.reduce((sum, field) => sum + field.name.length + field.value.length + 32, 0);
    while (this.#table.length > 0 && size() > this.#limit) this.#table.pop();
  }
}
