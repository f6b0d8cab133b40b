//! Text that came from a file or a server, made harmless for the place where it is shown.
//!
//! It must not know what the text means. Nothing is removed silently: what cannot be shown is spelled out.

use std::path::Path;

use crate::scenario::is_invisible;

/// For a terminal: control characters (ANSI sequences begin with one) and characters that turn the direction of
/// writing appear as `\u{1b}`; one line stays one line.
pub fn terminal(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' | '\r' => shown.push(' '),
            c if c.is_control() || is_invisible(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// A path for a terminal: whoever names a folder may put into its name what commands one.
pub fn path(path: &Path) -> String {
    terminal(&path.display().to_string())
}

/// For JSON that is read on a terminal, too: what [`terminal`] spells out is written as `\u009b`, which means the same to
/// every reader. Outside its strings JSON has no such character.
pub fn json(text: String) -> String {
    json_escaped(text, raw)
}

/// What a terminal would take for a command, or would not show.
fn raw(c: char) -> bool {
    c >= '\u{7f}' && (c.is_control() || is_invisible(c))
}

fn json_escaped(text: String, spelled: impl Fn(char) -> bool) -> String {
    if !text.contains(&spelled) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if spelled(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| shown += &format!("\\u{unit:04x}"));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// For Markdown, in a table cell too: no markup, no HTML, no line break.
pub fn markdown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in terminal(text).chars() {
        match c {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => shown.extend(['\\', c]),
            c => shown.push(c),
        }
    }
    shown
}

/// For HTML, as text and within a quoted attribute.
pub fn html(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in terminal(text).chars() {
        match c {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            c => shown.push(c),
        }
    }
    shown
}

/// JSON within a script element of HTML: nothing in it ends the element or begins a comment, and it means the same.
pub fn script(json: String) -> String {
    json_escaped(json, |c| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') || raw(c))
}

/// For a CSV text cell: a spreadsheet must not take it for a formula, nor be led astray by a control character.
pub fn csv(text: &str) -> String {
    let shown = terminal(text);
    match shown.trim_start().chars().next() {
        Some('=' | '+' | '-' | '@') => format!("'{shown}"),
        _ => shown,
    }
}

/// For XML, in text and in attributes: what [`terminal`] spells out, and what XML 1.0 forbids, cannot come in.
pub fn xml(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in terminal(text).chars() {
        match c {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// For a tag of an interval log: no comma, space or line break; `polling 1s` becomes `polling-1s`.
pub fn tag(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() || ".-_".contains(c) { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_means_the_same_and_commands_no_terminal() {
        let hostile = "a\u{7f}b\u{9b}31m\u{202e}\u{e0041}é\u{1b}\n";
        let written = json(serde_json::to_string_pretty(&[hostile]).unwrap());
        assert!(written.contains(r"a\u007fb\u009b31m\u202e\udb40\udc41é"), "{written}");
        assert!(!written.chars().any(|c| c != '\n' && (c.is_control() || is_invisible(c))), "{written}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&written).unwrap(), [hostile]);
    }

    #[test]
    fn hostile_text_is_harmless() {
        let hostile = "\u{1b}[31mred\u{7}\u{202e}\nnext";
        assert_eq!(terminal(hostile), "\\u{1b}[31mred\\u{7}\\u{202e} next");
        assert_eq!(terminal("a\u{61c}b\u{ad}c\u{e0041}"), "a\\u{61c}b\\u{ad}c\\u{e0041}");
        assert_eq!(markdown("<script>|`a`|</script>"), "&lt;script&gt;\\|\\`a\\`\\|&lt;/script&gt;");
        assert_eq!(html("<a href='x'>&\"\u{1b}"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\\u{1b}");
        let json = script("[\"</script><!--&\u{2028}\"]".to_owned());
        assert_eq!(json, r#"["\u003c/script\u003e\u003c!--\u0026\u2028"]"#);
        assert_eq!(tag("polling 1s,\n2"), "polling-1s--2");
        for formula in ["=cmd()", "+1", "-1", "@x", " =1", "\t=1"] {
            assert!(csv(formula).starts_with('\''), "{formula:?}");
        }
        assert_eq!(csv("polling 1s"), "polling 1s");
    }
}
