//! Frames of HTTP/2 from a server: each byte is something once, wherever reads end, and its SETTINGS with them.

use wsbench::drivers::http::two::frames::Frames;
use wsbench::drivers::http::two::settings::Settings;

use super::same_in_every_split;

/// No byte is lost or told twice, and what the bytes are does not depend on how they come.
pub fn check(bytes: &[u8]) {
    same_in_every_split(bytes, |ends| {
        let (mut frames, mut settings) = (Frames::of_server(), Settings::default());
        let (mut sums, mut from) = ([0; 4], 0);
        for &end in ends {
            let mut rest = &bytes[from..end];
            from = end;
            while !rest.is_empty() {
                let piece = frames.step(rest);
                assert!((1..=rest.len()).contains(&piece.taken));
                sums[piece.what as usize] += piece.told;
                settings.look(piece, &rest[..piece.taken], &frames);
                rest = &rest[piece.taken..];
            }
        }
        assert_eq!(sums.iter().sum::<usize>() + frames.untold(), bytes.len());
        (sums, settings.seen, settings.strange, settings.connects, settings.take_table())
    });
}
