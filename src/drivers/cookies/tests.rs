use super::*;

fn site<'a>(authority: &'a str, path: &'a str) -> Site<'a> {
    Site { authority, path, secure: false }
}

/// What goes to `to` once `from` has set these.
fn sent(from: &Site<'_>, set: &[&str], to: &Site<'_>) -> String {
    let jar = Jar::default();
    set.iter().for_each(|field| jar.set(field.as_bytes(), from));
    let mut line = b"before".to_vec();
    jar.write(to, &mut line);
    let line = String::from_utf8(line).unwrap();
    line.strip_prefix("Cookie: ").map_or(line.clone(), |rest| rest.strip_suffix("\r\n").unwrap().to_owned())
}

#[test]
fn what_is_set_comes_back_where_it_is_for() {
    let from = site("shop.example:8080", "/a/b?c");
    for (set, to, expected) in [
        // RFC 6265 §5.1.4: the default path is the folder of the request.
        ("n=v", site("shop.example:8080", "/a/x"), "n=v"),
        ("n=v", site("shop.example", "/a"), "n=v"),
        ("n=v", site("shop.example", "/"), ""),
        ("n=v", site("shop.example", "/ab"), ""),
        ("n=v; Path=/", site("shop.example", "/"), "n=v"),
        ("n=v; path=/a/", site("shop.example", "/a/b/c?d"), "n=v"),
        ("n=v; path=/a/", site("shop.example", "/a"), ""),
        ("n=v; path=no", site("shop.example", "/a/b"), "n=v"),
        // §5.3: without Domain it is for that host alone.
        ("n=v", site("www.shop.example", "/a/x"), ""),
        ("n=v; Domain=.Shop.Example", site("www.shop.example", "/a/x"), ""),
        ("n=v; Domain=other.example", site("other.example", "/a/x"), ""),
        ("n=v; Domain=example", site("shop.example", "/a/x"), ""),
        (" n = v w ; HttpOnly; SameSite=Lax", site("SHOP.example", "/a/x"), "n=v w"),
        ("n=\"v=w\"", site("shop.example", "/a/x"), "n=\"v=w\""),
        ("n=", site("shop.example", "/a/x"), "n="),
        ("=v", site("shop.example", "/a/x"), ""),
        ("n", site("shop.example", "/a/x"), ""),
        ("n=v\u{1}", site("shop.example", "/a/x"), ""),
        // §5.3: who does not speak TLS cannot set what is for TLS alone.
        ("n=v; Secure", site("shop.example", "/a/x"), ""),
        ("n=v; Max-Age=100", site("shop.example", "/a/x"), "n=v"),
        ("n=v; Max-Age=0", site("shop.example", "/a/x"), ""),
        ("n=v; Max-Age=-5", site("shop.example", "/a/x"), ""),
        ("n=v; Max-Age=99999999999999999999", site("shop.example", "/a/x"), "n=v"),
        ("n=v; Max-Age=soon", site("shop.example", "/a/x"), "n=v"),
        ("n=v; Expires=Thu, 01 Jan 1970 00:00:00 GMT", site("shop.example", "/a/x"), ""),
        ("n=v; Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:00 GMT", site("shop.example", "/a/x"), "n=v"),
        ("n=v; Expires=Fri, 31 Dec 9999 23:59:59 GMT", site("shop.example", "/a/x"), "n=v"),
    ] {
        assert_eq!(sent(&from, &[set], &to), expected, "{set} to {to:?}");
    }
}

#[test]
fn a_domain_reaches_the_hosts_below_it() {
    let from = site("www.shop.example", "/");
    let of = |set, to| sent(&from, &[set], &site(to, "/"));
    assert_eq!(of("n=v; Domain=shop.example", "api.shop.example"), "n=v");
    assert_eq!(of("n=v; Domain=shop.example", "shop.example"), "n=v");
    assert_eq!(of("n=v; Domain=shop.example", "workshop.example"), "");
    assert_eq!(sent(&site("10.0.0.1", "/"), &["n=v; Domain=0.0.1"], &site("10.0.0.1", "/")), "");
    assert_eq!(sent(&site("[::1]:80", "/"), &["n=v"], &site("[::1]:81", "/")), "n=v");
    assert_eq!(sent(&site("localhost", "/"), &["n=v; Domain=localhost"], &site("localhost", "/")), "n=v");
}

#[test]
fn tls_alone_gets_what_is_for_tls_alone() {
    let tls = Site { secure: true, ..site("h.example", "/") };
    assert_eq!(sent(&tls, &["n=v; Secure"], &tls), "n=v");
    assert_eq!(sent(&tls, &["n=v; Secure"], &site("h.example", "/")), "");
}

#[test]
fn the_last_value_of_a_name_counts_and_longer_paths_come_first() {
    let from = site("h.example", "/a/b");
    let set =
        ["one=1; Path=/", "two=2; Path=/a", "one=3; Path=/", "three=3; Path=/", "two=; Path=/a; Max-Age=0"];
    assert_eq!(sent(&from, &set[..4], &from), "two=2; one=3; three=3");
    assert_eq!(sent(&from, &set, &from), "one=3; three=3");
}

#[test]
fn a_server_cannot_fill_the_memory() {
    let (from, jar) = (site("h.example", "/"), Jar::default());
    (0..1_000).for_each(|n| jar.set(format!("n{n}=v").as_bytes(), &from));
    jar.set(format!("long={}", "x".repeat(5_000)).as_bytes(), &from);
    assert_eq!(jar.0.borrow().len(), MAX_COOKIES);
    let mut line = Vec::new();
    jar.write(&from, &mut line);
    assert!(line.starts_with(b"Cookie: n950=v; "), "{}", String::from_utf8_lossy(&line));
}

#[test]
fn the_users_own_cookies_are_there_from_the_start() {
    let to = site("h.example", "/deep/down");
    let jar = Jar::default();
    ["a=1", "b=2"].iter().for_each(|pair| jar.set(pair.as_bytes(), &Site { path: "/", ..to }));
    jar.set(b"b=3; Path=/", &to);
    let mut line = Vec::new();
    jar.write(&to, &mut line);
    assert_eq!(line, b"Cookie: a=1; b=3\r\n");
}
