use std::time::Duration;

use proptest::prelude::*;

use super::*;

#[test]
fn what_looks_like_a_secret_is_hidden_and_nothing_else() {
    let table = [
        ("Authorization = \"Bearer abc\"", "Authorization = \"[redacted]\""),
        (
            "headers = { Cookie = 'a=b; c=d', Accept = \"x\" }",
            "headers = { Cookie = '[redacted]', Accept = \"x\" }",
        ),
        ("\"X-Api-Key\" = \"a\\\"b\" # c", "\"X-Api-Key\" = \"[redacted]\" # c"),
        ("request = [\"Cookie: a=b\", \"Accept: x\"]", "request = [\"Cookie: [redacted]\", \"Accept: x\"]"),
        ("Proxy-Authorization: Basic abc\r\nHost: x", "Proxy-Authorization: [redacted]\nHost: x"),
        ("cookie = \"\"\"a\nb\"\"\"\nx = 1", "cookie = \"\"\"[redacted]\"\"\"\nx = 1"),
        ("cookie = \"never closed\nx = 1", "cookie = \"[redacted]\nx = 1"),
        ("{ Cookie = \"a, X-Api-Key = \"b\" }", "{ Cookie = \"[redacted]\"[redacted]\" }"),
        ("see wss://me:p@ss@host/x", "see wss://[redacted]@host/x"),
        ("http://h/p?a=1&access_token=xyz&b=2", "http://h/p?a=1&access_token=[redacted]&b=2"),
        ("\"http://h/?sig=x\" and ?key=y", "\"http://h/?sig=[redacted]\" and ?key=[redacted]"),
        ("Authorization = \"Bearer ${TOKEN}\"", "Authorization = \"Bearer ${TOKEN}\""),
        ("ws://h/?token=${T}", "ws://h/?token=${T}"),
        ("keyboard = 1, monkey=2, https://h/?monkey=3", "keyboard = 1, monkey=2, https://h/?monkey=3"),
        ("socketio = { auth = '{\"a\":\"b\"}' }", "socketio = { auth = '[redacted]' }"),
        ("authorised = [\"host\"]", "authorised = [\"host\"]"),
        ("X-Auth-Key: a", "X-Auth-Key: [redacted]"),
        ("X-Auth-Email: a", "X-Auth-Email: [redacted]"),
        ("Ocp-Apim-Subscription-Key = \"a\"", "Ocp-Apim-Subscription-Key = \"[redacted]\""),
        (
            "X-Functions-Key: a\nDD-APPLICATION-KEY: b",
            "X-Functions-Key: [redacted]\nDD-APPLICATION-KEY: [redacted]",
        ),
        (
            "/?subscription-key=a&auth_key=b&pass=c",
            "/?subscription-key=[redacted]&auth_key=[redacted]&pass=[redacted]",
        ),
        ("/?subscriptionKey=a&hotkey=b", "/?subscriptionKey=[redacted]&hotkey=b"),
        ("Sec-WebSocket-Key: dGhl", "Sec-WebSocket-Key: dGhl"),
    ];
    for (text, expected) in table {
        assert_eq!(redacted(text), expected);
    }
}

/// Messages for servers are JSON, mostly, and JSON may stand in a TOML string, and in that of another JSON.
#[test]
fn what_a_key_of_json_names_is_hidden_and_nothing_else() {
    for (text, expected) in [
        (r#"'{"token":"a","id":"{stamp}"}'"#, r#"'{"token":"[redacted]","id":"{stamp}"}'"#),
        (r#"'{"token":"{stamp}","n":1}'"#, r#"'{"token":"{stamp}","n":1}'"#),
        (r#"{"pwd":"a{client}b{filler}"}"#, r#"{"pwd":"[redacted]{client}[redacted]{filler}"}"#),
        (
            r#"{"token":"{token}","pwd":"a{id}{c d}"}"#,
            r#"{"token":"{token}","pwd":"[redacted]{id}[redacted]"}"#,
        ),
        (r#"{"accessToken" : "a\"b", "n":1}"#, r#"{"accessToken" : "[redacted]", "n":1}"#),
        (r#"{"pass": 123, "n": 1}"#, r#"{"pass": [redacted], "n": 1}"#),
        (r#"{"jwt":true}"#, r#"{"jwt":[redacted]}"#),
        ("{\"secret\":\n  \"a\"}", "{\"secret\":\n  \"[redacted]\"}"),
        (r#"{"auth":{"u":"a}","p":["b"]},"n":1}"#, r#"{"auth":[redacted],"n":1}"#),
        (r#"{"tokens":["a]","b"],"n":1}"#, r#"{"tokens":[redacted],"n":1}"#),
        (r#"{"auth":{"u":"a"#, r#"{"auth":[redacted]"#),
        (r#"m = "{\"token\":\"a\",\"n\":1}""#, r#"m = "{\"token\":\"[redacted]\",\"n\":1}""#),
        (r#"m = "{\"token\":\"a\\\"b\",\"n\":1}""#, r#"m = "{\"token\":\"[redacted]\",\"n\":1}""#),
        (r#"m = "{\"auth\":{\"u\":\"}\"},\"n\":1}""#, r#"m = "{\"auth\":[redacted],\"n\":1}""#),
        (r#"{"a":"{\\\"key\\\":\\\"b\\\",1}"}"#, r#"{"a":"{\\\"key\\\":\\\"[redacted]\\\",1}"}"#),
        (r#"{"token":"${T}"}"#, r#"{"token":"${T}"}"#),
        (r#"{"code":1,"keys":2,"monkey":"m","id":"x"}"#, r#"{"code":1,"keys":2,"monkey":"m","id":"x"}"#),
        ("key = \"polling\"", "key = \"polling\""),
    ] {
        assert_eq!(redacted(text), expected);
        assert_eq!(redacted(expected), expected, "again");
    }
}

/// A quote in a string may close with fewer backslashes than it began with, and the text end there.
#[test]
fn a_torn_quote_behind_backslashes_stops_nothing() {
    for text in [r"\'auth\':{\'a'é}", r"\'auth\':{\'a'", r"\'auth\':{\'a"] {
        assert_eq!(redacted(text), r"\'auth\':[redacted]", "{text}");
    }
}

#[test]
fn a_secret_is_shown_nowhere() {
    let hidden = Secret::header("Authorization", "Bearer abc".to_owned(), "Bearer abc");
    let said = format!("{hidden} {hidden:?} {}", serde_json::to_string(&hidden).unwrap());
    assert!(!said.contains("abc") && said.contains(REDACTED), "{said}");
    assert_eq!(hidden.reveal(), "Bearer abc");
    let named = Secret::header("X-Name", "abc".to_owned(), "${NAME}");
    assert_eq!((named.to_string().as_str(), named.reveal()), ("${NAME}", "abc"));
    let plain = Secret::header("Accept", "text/plain".to_owned(), "text/plain");
    assert_eq!(plain.to_string(), "text/plain");
}

proptest! {
    #[test]
    fn blots_keep_every_place(text in ".{0,40}(Cookie|token|://|\\?key)[ :=\"'@a-z\n]{0,30}") {
        let blotted = blotted(&text);
        prop_assert_eq!(blotted.len(), text.len());
        prop_assert_eq!(blotted.matches('\n').count(), text.matches('\n').count());
        redacted(&text);
    }

    /// Whatever stands around it, and however torn that is: what a key in quotes names is not shown.
    #[test]
    fn no_torn_json_shows_what_a_key_names(
        before in TORN, key in "token|auth|secret", close in QUOTE, gap in "[:=][ ]?", open in OPEN, behind in TORN
    ) {
        let text = format!("{before}\"{key}{close}{gap}{open}hunter2{behind}");
        let hidden = redacted(&text);
        prop_assert!(!hidden.contains("hunter2") && hidden.contains(REDACTED), "{} {}", text, hidden);
        prop_assert_eq!(blotted(&text).len(), text.len());
    }
}

/// Both kinds of quotes, in strings of strings, and characters of several bytes.
const QUOTE: &str = r#"\\{0,3}["']"#;
const OPEN: &str = r#"(\[|\{)?(\\{0,3}["'])"#;
const TORN: &str = r#"(\\{0,3}["']|[\[{\]},:\n]|[aé€]|\\{0,3}['"]auth\\{0,3}['"]:\{){0,8}"#;

/// A server's answer is redacted whole before a word of it is shown.
#[test]
fn the_time_grows_as_the_text_does() {
    const SIZE: usize = 1 << 20;
    let patterns = [
        ("token:", ""),
        ("token: ", " "),
        ("?token=", ""),
        ("token:${", ""),
        ("token:${token", ""),
        ("token:\\\\\"", ""),
        ("token:\"\"\"", ""),
        ("token:'''token:\"\"\"", ""),
        ("'token':a", ""),
        ("\"token\":[", "]"),
        ("\"token\":[", "x"),
        ("token\":[", "x"),
        ("token\":[\"x", "]"),
        ("token':[", "\\"),
        ("\"token\":{\"a\":\"b\",", "}"),
        ("token: {stamp}", "{stamp}"),
        ("http://a", "@"),
    ];
    let half = |pattern: &str| pattern.repeat(SIZE / 2 / pattern.len().max(1));
    let texts = patterns.map(|(many, end)| half(many) + &half(end) + "\nx");
    for text in texts.into_iter().chain([deep(SIZE)]) {
        let began = cpu_time();
        redacted(&text);
        let took = cpu_time() - began;
        // Half a second without optimisation, more where a neighbour has the core's other half; by its square it would be minutes.
        assert!(took < Duration::from_secs(5), "{took:?} for {text:.40}..");
    }
}

/// What this thread has had of a core, however busy the machine is.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Values behind more and more backslashes.
fn deep(size: usize) -> String {
    let mut text = String::new();
    for backslashes in 0.. {
        if text.len() > size {
            break;
        }
        text += "token\":";
        text += &"\\".repeat(backslashes);
        text.push('"');
    }
    text
}

/// A place says where a secret will stand, and not which.
#[test]
fn places_are_shown() {
    let text = "url = \"http://h/?token={user.token}\"\nCookie = \"sid={env.SID}; key=abc\"";
    for shown in [redacted(text), blotted(text)] {
        assert!(shown.contains("token={user.token}") && shown.contains("{env.SID}"), "{shown}");
        assert!(!shown.contains("abc"), "{shown}");
    }
    assert_eq!(blotted(text).len(), text.len());
}
