//! The value of a `Set-Cookie` field, as a browser reads it (RFC 6265 §5.2): whatever it says, and wherever it is wrong.

use std::time::Duration;

use super::date;

/// What it says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SetCookie {
    pub(super) name: Vec<u8>,
    pub(super) value: Vec<u8>,
    /// In lower case, without a dot in front.
    pub(super) domain: Option<String>,
    pub(super) path: Option<String>,
    pub(super) secure: bool,
    /// For how long from now on; with `Some(None)` it is over.
    pub(super) lasts: Option<Option<Duration>>,
}

/// Longer than anybody's run: a hundred years.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 86_400);

impl SetCookie {
    /// `None` for what is no cookie: no name, or bytes that would break a line.
    pub(super) fn read(field: &[u8]) -> Option<SetCookie> {
        let mut parts = field.split(|&byte| byte == b';');
        let (name, value) = pair(parts.next()?);
        let value = value?;
        if name.is_empty() || name.iter().chain(value).any(u8::is_ascii_control) {
            return None;
        }
        let mut cookie = SetCookie { name: name.to_owned(), value: value.to_owned(), ..SetCookie::default() };
        let (mut expires, mut max_age) = (None, None);
        for part in parts {
            let (name, value) = pair(part);
            let text = String::from_utf8_lossy(value.unwrap_or_default());
            match name.to_ascii_lowercase().as_slice() {
                b"expires" => expires = date::from_now(&text).or(expires),
                b"max-age" => max_age = age(&text).or(max_age),
                b"domain" if !text.is_empty() => {
                    cookie.domain = Some(text.strip_prefix('.').unwrap_or(&text).to_ascii_lowercase());
                }
                b"path" => cookie.path = text.starts_with('/').then(|| text.into_owned()),
                b"secure" => cookie.secure = true,
                _ => {}
            }
        }
        cookie.lasts = max_age.or(expires);
        Some(cookie)
    }
}

/// What stands before and behind the first `=`, without the white space around.
fn pair(part: &[u8]) -> (&[u8], Option<&[u8]>) {
    match part.iter().position(|&byte| byte == b'=') {
        Some(at) => (part[..at].trim_ascii(), Some(part[at + 1..].trim_ascii())),
        None => (part.trim_ascii(), None),
    }
}

/// Seconds, perhaps with a minus sign.
fn age(text: &str) -> Option<Option<Duration>> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = text.parse::<i64>().unwrap_or(if text.starts_with('-') { -1 } else { i64::MAX });
    let lasts = u64::try_from(seconds).ok().filter(|&seconds| seconds > 0);
    Some(lasts.map(|seconds| Duration::from_secs(seconds).min(FOR_EVER)))
}
