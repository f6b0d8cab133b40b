use super::*;
use crate::message::template::plain;

fn filled(text: &str, kind: Kind) -> Vec<u8> {
    let mut saved = SavedValues::default();
    saved.put("token", "abc");
    let parameters = BTreeMap::from([
        ("payload".to_owned(), "{\"token\":\"{token}\",\"n\":{n}}".to_owned()),
        ("brace".to_owned(), "{{said}".to_owned()),
    ]);
    let (number, captures) = (Cell::new(6), ["whole".to_owned(), "part".to_owned()]);
    let names = Names {
        client: 12,
        values: None,
        saved: &saved,
        parameters: &parameters,
        number: &number,
        captures: &captures,
        writing: plain,
    };
    let mut into = Vec::new();
    fill(text, kind, &names, &mut into);
    into
}

fn text(text: &str, kind: Kind) -> String {
    String::from_utf8(filled(text, kind)).unwrap()
}

#[test]
fn places_of_a_step_are_filled() {
    for (written, said) in [
        ("{token}/{n}/{n}/{client}/{1}", "abc/7/8/12/part"),
        (
            r#"{"t":"{token}","q":"subscription { room }","s":"x{{said}"}"#,
            r#"{"t":"abc","q":"subscription { room }","s":"x{said}"}"#,
        ),
        ("{len:{token}}{len:}", "3abc0"),
        ("{} { {\"a\":{}}", "{} { {\"a\":{}}"),
        ("{unknown}", "{unknown}"),
        ("{payload} {n}", "{\"token\":\"abc\",\"n\":7} 8"),
        ("{brace}", "{said}"),
    ] {
        assert_eq!(text(written, Kind::Step), said, "{written}");
    }
    assert_eq!(
        text("{\"p\":{payload},\"s\":\"{brace}\"}", Kind::Message),
        r#"{"p":{"token":"abc","n":7},"s":"{said}"}"#
    );
}

/// Of what comes from outside; a parameter is the scenario's own, and may be several steps of a path.
#[test]
fn values_are_encoded_and_parameters_are_not() {
    let mut saved = SavedValues::default();
    saved.put("token", "a/b");
    let parameters = BTreeMap::from([("hub".to_owned(), "hubs/chat?t={token}".to_owned())]);
    let number = Cell::new(0);
    let names = Names {
        client: 0,
        values: None,
        saved: &saved,
        parameters: &parameters,
        number: &number,
        captures: &[],
        writing: |value, into| plain(&value.replace('/', "%2F"), into),
    };
    let mut into = Vec::new();
    fill("/{hub}&{token}", Kind::Step, &names, &mut into);
    assert_eq!(String::from_utf8(into).unwrap(), "/hubs/chat?t=a%2Fb&a%2Fb");
}

#[test]
fn in_a_message_what_is_no_name_is_itself() {
    for (written, said) in [
        (
            r#"{"id":"{n}","q":"subscription{said}","t":"{token}"}"#,
            r#"{"id":"7","q":"subscription{said}","t":"abc"}"#,
        ),
        ("{{token} {{said} {client}", "{token} {{said} {client}"),
    ] {
        assert_eq!(text(written, Kind::Message), said, "{written}");
    }
}

/// CONNECT of MQTT 3.1.1 (§3.1): lengths stand before what they count.
#[test]
fn bytes_and_lengths_of_what_follows() {
    let connect = "{hex 10}{len.varint:{len.u16:MQTT}{hex 04 02 00 3c}{len.u16:c{client}}}";
    let due = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03c12";
    assert_eq!(filled(connect, Kind::Step), due);
    let long = format!("{{len.varint:{}}}", "x".repeat(321));
    assert_eq!(filled(&long, Kind::Step)[..2], [0xc1, 0x02]);
    assert_eq!(filled("{len.u32:ab}{len.u16le:ab}{len.u8:ab}", Kind::Step), b"\0\0\0\x02ab\x02\0ab\x02ab");
}

#[test]
fn what_is_no_place_is_wrong_in_a_step() {
    let known = |name: &str| name == "token" || name == NUMBER;
    for (text, at) in [
        ("a {tokn} b", "{tokn}"),
        ("{user.}", "{user.}"),
        ("{hex 2}", "{hex 2}"),
        ("{hex zz}", "{hex zz}"),
        ("{len.u64:ab}", "{len.u64:ab}"),
        ("{len:ab", "{len:ab"),
        ("{len:{tokn}}", "{tokn}"),
        ("subscription{said}", "{said}"),
    ] {
        let wrong = wrong(text, &known);
        assert_eq!(wrong.iter().map(|(_, own)| *own).collect::<Vec<_>>(), [at], "{text}: {wrong:?}");
    }
    for text in ["{token} {n} {client} {user.a} {hex 20} {len.u16:{token}} {{said} {\"a\":1}", ""] {
        assert_eq!(wrong(text, &known), [], "{text}");
    }
}

#[test]
fn digits_are_pairs() {
    assert_eq!(bytes("20 02 00 00"), Some(vec![0x20, 2, 0, 0]));
    assert_eq!(bytes("2002"), Some(vec![0x20, 2]));
    assert_eq!((bytes(""), bytes("2"), bytes("20 x"), bytes("+1")), (None, None, None, None));
}
