use super::*;

fn side(takeover: bool, bits: u8) -> Side {
    Side { takeover, bits }
}

fn deflate(server: Side, client: Side) -> Deflate {
    Deflate { server, client, threshold: 7 }
}

#[test]
fn what_is_offered_is_what_is_wanted() {
    for (wanted, offer) in [
        (Deflate::default(), "permessage-deflate; client_max_window_bits"),
        (
            deflate(side(false, 10), side(false, 11)),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
             server_max_window_bits=10; client_max_window_bits=11",
        ),
    ] {
        assert_eq!(wanted.offer(), offer);
        // A server that would like nothing in particular does what is asked.
        let (agreed, answer) =
            Deflate { threshold: wanted.threshold, ..Deflate::default() }.accept(offer).unwrap();
        assert_eq!(agreed, wanted);
        assert_eq!(wanted.agreed(&answer), Ok(Some(wanted)), "{answer}");
    }
}

/// §7.1.3: the examples of the RFC, from the server's side.
#[test]
fn a_server_takes_the_first_offer_that_fits() {
    let own = Deflate::default();
    let ten = Some(deflate(side(true, 10), side(true, 15)));
    for (offers, expected) in [
        ("permessage-deflate", Some(own)),
        ("permessage-deflate; client_max_window_bits; server_max_window_bits=10", ten),
        ("permessage-deflate; server_max_window_bits=\"10\"", ten),
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", ten),
        ("x-webkit-deflate-frame, permessage-deflate", Some(own)),
        ("permessage-deflate; server_max_window_bits=8, permessage-deflate", Some(own)),
        ("permessage-deflate; server_max_window_bits", None),
        ("permessage-deflate; server_max_window_bits=16", None),
        ("permessage-deflate; server_max_window_bits=010", None),
        ("permessage-deflate; what=1", None),
        ("permessage-deflate; server_no_context_takeover=1", None),
        ("permessage-deflate; client_max_window_bits; client_max_window_bits", None),
        ("", None),
    ] {
        let expected = expected.map(|agreed| (agreed.server, agreed.client));
        let agreed = own.accept(offers).map(|(agreed, _)| (agreed.server, agreed.client));
        assert_eq!(agreed, expected, "{offers}");
    }
    // A smaller window is asked of a client only that offers one.
    let small = deflate(side(true, 15), side(false, 9));
    let answer = |offers| small.accept(offers).map(|(_, answer)| answer);
    assert_eq!(
        answer("permessage-deflate; client_max_window_bits").as_deref(),
        Some("permessage-deflate; client_no_context_takeover; client_max_window_bits=9")
    );
    assert_eq!(
        answer("permessage-deflate").as_deref(),
        Some("permessage-deflate; client_no_context_takeover")
    );
}

#[test]
fn an_answer_that_was_not_offered_is_refused() {
    let own = deflate(side(false, 12), side(true, 12));
    let asked = "permessage-deflate; server_no_context_takeover; server_max_window_bits=";
    for (answer, expected) in [
        (String::new(), Ok(None)),
        (" , ".to_owned(), Ok(None)),
        (format!("{asked}12"), Ok(Some(own))),
        (format!("{asked}9"), Ok(Some(deflate(side(false, 9), side(true, 12))))),
        (format!("{asked}12; client_max_window_bits=8"), Ok(Some(deflate(side(false, 12), side(true, 8))))),
        (
            format!("{asked}12; client_no_context_takeover"),
            Ok(Some(deflate(side(false, 12), side(false, 12)))),
        ),
        (format!("{asked}13"), Err(NotOffered)),
        (format!("{asked}12; client_max_window_bits=13"), Err(NotOffered)),
        (format!("{asked}12; client_max_window_bits"), Err(NotOffered)),
        (format!("{asked}12; other"), Err(NotOffered)),
        (format!("{asked}12, permessage-bzip"), Err(NotOffered)),
        ("permessage-deflate; server_max_window_bits=12".to_owned(), Err(NotOffered)),
        ("permessage-deflate; server_no_context_takeover".to_owned(), Err(NotOffered)),
        ("permessage-bzip".to_owned(), Err(NotOffered)),
    ] {
        assert_eq!(own.agreed(&answer), expected, "{answer}");
    }
}
