//! What the publisher's POST says of its body.

use crate::support::feeds::{Asked, answer, http};
use crate::support::server::Server;
use crate::support::{Scene, scenario};
use std::sync::{Arc, Mutex};

/// A page that notes the Content-Type of what it is posted.
fn board() -> (Server, Arc<Mutex<Vec<String>>>) {
    let kinds = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&kinds);
    let server = http(move |asked: Asked, to| {
        if asked.post {
            notes.lock().unwrap().push(asked.header("content-type").unwrap_or("none").to_owned());
        }
        answer(to, "200 OK", "", "ok")
    });
    (server, kinds)
}

#[test]
fn a_post_says_what_its_body_is() {
    for (more, expected) in [
        ("message = '{\"id\":\"{stamp}\"}'", "application/json"),
        ("message = 'at {stamp}'", "text/plain"),
        ("", "text/plain"),
        (
            "message = '{\"id\":\"{stamp}\"}'\ncontent-type = \"application/cloudevents+json\"",
            "application/cloudevents+json",
        ),
        ("message = '{\"id\":\"{stamp}\"}'\nheaders = { content-type = \"a/b\" }", "a/b"),
    ] {
        let (server, kinds) = board();
        let url = format!("http://{}", server.address);
        let load = format!(
            "[load.publish]\nevery = \"100ms\"\npost = \"{url}/publish\"\n{more}\n[target]\nurl = \"{url}/\""
        );
        let text = scenario(1, ("100ms", "500ms"), &load, &["polling = { every = \"100ms\" }".to_owned()]);
        Scene::new(&text).measure();
        let kinds = kinds.lock().unwrap();
        assert!(!kinds.is_empty() && kinds.iter().all(|kind| kind == expected), "{more}: {kinds:?}");
    }
}
