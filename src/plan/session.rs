//! A session as a text, for `wsbench check`: what the first and the last client would say, secrets hidden.

use crate::message::place;
use crate::secret::redacted;
use crate::session::{Said, Session, Step};
use crate::text::time;

/// Lines of the session of so many clients, each with its head; `group` is a client's, where its number may be shown.
pub(super) fn lines(
    session: &Session,
    clients: u32,
    group: impl Fn(u32) -> Option<u32>,
) -> Vec<(String, String)> {
    let own = [0, clients.saturating_sub(1)].map(|client| (client, group(client)));
    let mut lines = Vec::new();
    for (nth, step) in session.steps.iter().enumerate() {
        each(&format!("step {}", nth + 1), &words(step), own, &mut lines);
    }
    if let Some(beat) = &session.heartbeat {
        each(&format!("every {}", time(beat.every)), &said("send", &beat.send), own, &mut lines);
    }
    for answer in &session.answers {
        each(&format!("on {}", answer.on), &said("send", &answer.send), own, &mut lines);
    }
    session.close.iter().for_each(|last| each("close", &said("send", last), own, &mut lines));
    lines.extend(session.message.as_ref().map(|due| ("deliveries".to_owned(), due.to_string())));
    lines
}

fn said(verb: &str, said: &Said) -> String {
    format!("{verb} {}", redacted(&said.text))
}

fn words(step: &Step) -> String {
    match step {
        Step::Send(what) => said("send", what),
        Step::Expect(_) => step.to_string(),
        Step::Request(request) => {
            let body = request.body.as_deref().map_or(String::new(), |body| format!(" {}", redacted(body)));
            let status = request.status.map_or(String::new(), |status| format!(", answered {status}"));
            format!("{} {}{body}{status}", request.method.name(), redacted(&request.path))
        }
    }
}

/// The line once where it is the same for all clients, else for the first and the last.
fn each(head: &str, text: &str, own: [(u32, Option<u32>); 2], lines: &mut Vec<(String, String)>) {
    let [first, last] = own.map(|(client, group)| (client, place::shown(text, client, group)));
    if first.1 == last.1 {
        return lines.push((head.to_owned(), first.1));
    }
    for (client, text) in [first, last] {
        lines.push((format!("{head}, client {client}"), text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Answer, Heartbeat, condition::Condition};
    use std::time::Duration;

    #[test]
    fn the_first_and_the_last_client_are_shown_without_secrets() {
        let said = |text: &str| Said { text: text.to_owned(), binary: false };
        let on = Condition { contains: Some("ping".to_owned()), ..Condition::default() };
        let session = Session {
            steps: vec![
                Step::Send(said("hello {client} {user.token}")),
                Step::Send(said("{\"password\":\"s3cr3t-w0rd\"} {saved}")),
            ],
            heartbeat: Some(Heartbeat { every: Duration::from_secs(30), send: said("beat") }),
            answers: vec![Answer { on, send: said("pong") }],
            ..Session::default()
        };
        let shown: Vec<String> =
            lines(&session, 10, |_| None).into_iter().map(|(head, line)| format!("{head}: {line}")).collect();
        let due = [
            "step 1, client 0: send hello 0 [redacted]",
            "step 1, client 9: send hello 9 [redacted]",
            "step 2: send {\"password\":\"[redacted]\"} {saved}",
            "every 30 s: send beat",
            "on a text with `ping`: send pong",
        ];
        assert_eq!(shown, due);
    }
}
