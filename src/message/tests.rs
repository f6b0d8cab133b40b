use proptest::prelude::*;

use super::*;

const STAMPED: Stamp = Stamp { stream: 5, seq: 33, due: Tick(1 << 40) };

fn key() -> TrialKey {
    TrialKey::new(7, Tick(1 << 39))
}

fn written(form: &str, client: u32, payload: usize) -> String {
    let mut bytes = Vec::new();
    Message::parse(form).unwrap().write(&key(), STAMPED, client, payload, &mut bytes);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn places_are_filled_and_other_braces_stay() {
    let stamp = String::from_utf8(key().encode(STAMPED).to_vec()).unwrap();
    for (form, client, payload, expected) in [
        ("{stamp}", 0, 0, "§"),
        ("{stamp}{filler}", 0, 20, "§"),
        ("{stamp}{filler}", 0, 23, "§..."),
        (r#"{"id":"{stamp}"}"#, 0, 0, r#"{"id":"§"}"#),
        (r#"{"a":{"b":{}},"c":{client},"id":"{stamp}"}"#, 12, 0, r#"{"a":{"b":{}},"c":12,"id":"§"}"#),
        ("{{stamp}}", 0, 0, "{§}"),
        ("{Stamp}{seq}{stamp}", 0, 0, "{Stamp}{seq}§"),
        ("{filler}|{client}|{stamp}|\n", 999_999, 33, "...|999999|§|\n"),
    ] {
        let expected = expected.replace('§', &stamp);
        assert_eq!(written(form, client, payload), expected, "{form}");
    }
}

#[test]
fn a_form_is_json_where_each_of_its_messages_is() {
    for (form, json) in [
        (r#"{"id":"{stamp}","n":{client}}"#, true),
        (r#" ["{stamp}{filler}"] "#, true),
        (r#"{"id":{stamp}}"#, false),
        ("{stamp}{filler}", false),
        (r#""{stamp}""#, false),
        (r#"{"id":"{stamp}"}{filler}"#, false),
    ] {
        let message = Message::parse(form).unwrap();
        assert_eq!(message.is_json(), json, "{form}");
    }
}

#[test]
fn bad_forms_say_what_is_wrong() {
    for (form, why) in [
        ("", "no {stamp}"),
        ("hello", "no {stamp}"),
        ("{ stamp }", "no {stamp}"),
        ("{stamp}{stamp}", "more than once"),
        ("{filler}{stamp}{filler}", "more than once"),
    ] {
        let (said, label) = Message::parse(form).unwrap_err();
        assert!(said.contains(why) && !label.is_empty(), "{form}: {said}");
    }
    assert_eq!(Message::parse("{ Stamp }").unwrap_err().1, "write {stamp}, not `{ Stamp }`");
}

#[test]
fn a_token_is_sent_and_not_shown() {
    for (form, shown) in [
        (r#"{"token":"s3cret","id":"{stamp}"}"#, r#"{"token":"[redacted]","id":"{stamp}"}"#),
        (r#"{"token":"{stamp}"}"#, r#"{"token":"{stamp}"}"#),
        (r#"{"auth":{"as":"{client}","id":"{stamp}"}}"#, "{stamp}{client}"),
        ("token=s3cret {stamp}{filler}", "token=[redacted]{stamp}{filler}"),
    ] {
        let message = Message::parse(form).unwrap();
        let as_shown = message.shown();
        let places = |of: &Message| of.parts.iter().filter(|part| !matches!(part, Part::Text(_))).count();
        assert_eq!(places(&as_shown), places(&message), "{form}");
        assert!(!as_shown.to_string().contains("s3cret"), "{form}");
        assert!(shown == "{stamp}{client}" || as_shown.to_string() == shown, "{form}: {as_shown}");
        assert_eq!(message.to_string(), form);
    }
}

proptest! {
    #[test]
    fn any_form_is_shown_with_all_its_places(
        form in "[a{}\\[\"':=, ]{0,9}(\"token\"|key|auth)?[\"':=,{ ]{0,4}[a{}\\[\"':=, ]{0,9}\\{stamp\\}[a{}\"':=, ]{0,9}",
    ) {
        if let Ok(message) = Message::parse(&form) {
            let places = |of: &Message| of.parts.iter().filter(|part| !matches!(part, Part::Text(_))).count();
            prop_assert_eq!(places(&message.shown()), places(&message));
        }
    }

    #[test]
    fn any_form_is_read_and_shown_as_it_was(form: String) {
        if let Ok(message) = Message::parse(&form) {
            prop_assert_eq!(message.to_string(), form);
        }
    }

    #[test]
    fn a_message_has_its_length_and_its_stamp_is_found(
        before in "[^{}]*", after in "[^{}]*", client: u32, payload in 0..200usize, seq in 0..1u64 << 34,
    ) {
        let message = Message::parse(&format!("{before}{{stamp}}{{client}}{after}{{filler}}")).unwrap();
        let stamp = Stamp { seq, ..STAMPED };
        let mut bytes = Vec::new();
        message.write(&key(), stamp, client, payload, &mut bytes);
        prop_assert_eq!(bytes.len(), payload.max(message.length(client)));
        let end = before.len() + STAMP_LEN;
        prop_assert!(key().scan(&bytes).any(|(reading, at)| reading.genuine && at == end));
        let ends = message.ends(&bytes[..before.len()], &bytes[end..], &Written { client, seq, payload });
        prop_assert_eq!(ends, Some(bytes.len() - end));
    }
}
