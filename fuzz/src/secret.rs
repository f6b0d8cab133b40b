//! What somebody else wrote, with its secrets hidden, and escaped for where it is shown.

use wsbench::report::escape;
use wsbench::secret::{blotted, redacted};

/// Hidden text stays text, one line stays one line, and blots keep every place.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _redacted = redacted(&text);
    let blotted = blotted(&text);
    let ends = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
    assert_eq!((blotted.len(), ends(&blotted)), (text.len(), ends(&text)));
    for escaped in [escape::terminal(&text), escape::markdown(&text), escape::csv(&text), escape::tag(&text)]
    {
        assert!(!escaped.contains(char::is_control), "{escaped:?}");
    }
}
