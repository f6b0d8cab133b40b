//! What a request costs over HTTP/2, to the byte.

use super::*;
use crate::drivers::ShardContext;
use crate::drivers::http::profile::profile;
use crate::drivers::http::two::frames::HEAD;
use wsbench_targets::headers::RequestKind;
use wsbench_targets::wire::{Header, Headers};

/// Bytes up of each of so many requests over one connection, by what they are: framing, headers, payload.
fn up(requests: usize, ask: impl Fn(&ClientContext) -> Request) -> Vec<[u64; 3]> {
    run(async {
        let (context, _requests) = server(vec![vec![Act::Answer(b"a message of 21 bytes"); requests]]);
        let up = |context: &ClientContext| {
            let up = context.shard.meter.tally().traffic.total().up;
            [up.framing, up.headers, up.payload]
        };
        one_by_one(&context, requests, ask, up).await
    })
}

/// The article's request has eleven fields in HTTP/2: 20 bytes once the table has them.
#[test]
fn the_articles_poll_is_twenty_bytes_up() {
    let article = Headers::article();
    let each = up(3, |context| Request::new(context, "GET", "", &article.request, &[]));
    assert_eq!(each[0][0], HEAD as u64);
    assert!(each[0][1] > 300, "{each:?}");
    for warm in &each[1..] {
        assert_eq!(*warm, [HEAD as u64, 11, 0], "{each:?}");
    }
}

/// Chromium's, as `scripts/test-browser` sees it: five bytes of priority, a byte for each of fifteen fields, and the path, which
/// it writes out each time though it stays: four bytes in Huffman's code.
#[test]
fn a_browsers_poll_says_its_path_each_time() {
    let each = up(3, |context| {
        let mut context = context.clone();
        let shard = ShardContext::new(Headers::browser(), context.shard.clock.clone(), 0);
        context.shard = Rc::new(ShardContext { meter: Rc::clone(&context.shard.meter), ..shard });
        Request::new(&context, "GET", "", &profile(&context, RequestKind::Fetch), &[])
    });
    for warm in &each[1..] {
        assert_eq!(*warm, [HEAD as u64, 5 + 15 + 2 + 4, 0], "{each:?}");
    }
}

/// A message that is posted: its head, and DATA with the message.
#[test]
fn a_message_up_has_two_frames() {
    let each = up(2, |context| {
        let length = Header("Content-Length".to_owned(), "21".to_owned());
        let mut request = Request::new(context, "POST", "", &[], &[length]);
        request.set_body(b"[a message of 17 bts]", 4);
        request
    });
    // :method, :authority, :scheme, :path and the length; of the body four bytes wrap it.
    assert_eq!(each[1], [2 * HEAD as u64 + 4, 5, 17], "{each:?}");
}
