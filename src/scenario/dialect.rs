//! Dialects: protocols as data, one TOML file each: what is said to be let in, what keeps a connection alive, how a message
//! looks, which messages are deliveries.
//!
//! Those that wsbench brings stand in `dialects/`; a user's own is named by its path. It must not know who speaks them: its
//! other end is `crate::session`.

use std::path::Path;

use toml::de::DeTable;

use super::{Message, session, syntax};
use crate::keys::error::{Faults, ScenarioErrors};
use crate::keys::fields::Fields;
use crate::keys::kinds::Text;
use crate::keys::span::quoted;
use crate::keys::suggest;
use crate::session::{Session, Step};

macro_rules! dialects {
    ($($name:literal)*) => {
        /// (name, file) of those that wsbench brings.
        pub const ALL: &[(&str, &str)] = &[$(
            ($name, include_str!(concat!("../../dialects/", $name, ".toml"))),
        )*];
    };
}

dialects! { "action-cable" "centrifugo" "graphql-transport-ws" "phoenix" "pusher" "signalr" "stomp" }

/// A protocol.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dialect {
    /// What it is, in a line.
    pub about: String,
    /// What clients say and hear besides the load.
    pub session: Session,
    /// A message that comes back to its sender.
    pub echo: Option<Message>,
    /// A message that goes to all.
    pub publish: Option<Message>,
}

impl Dialect {
    /// The dialect of that name, or in the file at that path in `folder`.
    ///
    /// # Errors
    /// There is none; all that is wrong with its text.
    pub fn load(name: &str, folder: &Path) -> Result<Dialect, ScenarioErrors> {
        match ALL.iter().find(|(known, _)| *known == name) {
            Some((name, text)) => Dialect::parse(&format!("dialects/{name}.toml"), text.as_bytes()),
            None => {
                let path = folder.join(name);
                Dialect::parse(&path.display().to_string(), &super::file::bytes(&path)?)
            }
        }
    }

    /// Reads a dialect's text; `file_name` is what errors call it.
    ///
    /// # Errors
    /// All that is wrong with the text, in its order.
    pub fn parse(file_name: &str, text: &[u8]) -> Result<Dialect, ScenarioErrors> {
        let text = syntax::text(file_name, text)?;
        let (table, wrong) = DeTable::parse_recoverable(text);
        let faults = Faults::default();
        let mut top = Fields::top(Some(table.get_ref()), &[], &faults);
        let dialect = read(&mut top);
        dialect.iter().for_each(|dialect| session::check(&dialect.session, text, &faults));
        top.close();
        let (slips, torn) = syntax::faults(text, wrong);
        faults.beside(slips, torn, text);
        match (faults.placed(file_name, text), dialect) {
            (None, Some(dialect)) => Ok(dialect),
            (Some(errors), _) => Err(errors),
            (None, None) => Err(ScenarioErrors::whole(file_name, "it could not be read", "")),
        }
    }

    /// A session with what the scenario says itself: its requests come first, its other steps behind the dialect's, and of
    /// what there can be one it has the last word.
    pub fn with(&self, own: Option<Session>) -> Session {
        let (usual, own) = (self.session.clone(), own.unwrap_or_default());
        let before = own.before();
        let (requests, rest) = own.steps.split_at(before);
        let steps: Vec<Step> = requests.iter().chain(&usual.steps).chain(rest).cloned().collect();
        let mut parameters = usual.parameters;
        parameters.extend(own.parameters);
        Session {
            steps,
            heartbeat: own.heartbeat.or(usual.heartbeat),
            answers: own.answers.into_iter().chain(usual.answers).collect(),
            close: own.close.or(usual.close),
            message: own.message.or(usual.message),
            separator: own.separator.or(usual.separator),
            binary: own.binary || usual.binary,
            subprotocols: if own.subprotocols.is_empty() { usual.subprotocols } else { own.subprotocols },
            parameters,
        }
    }
}

/// The name of a dialect, or the path of a file.
pub(super) fn named(name: &str) -> Result<String, (String, String)> {
    let path = name.contains(['/', '\\']) || name.ends_with(".toml");
    let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
    if path || names.contains(&name) {
        return Ok(name.to_owned());
    }
    let label = match suggest::meant(name, &names) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("there are {}; a file of your own is named by its path", names.join(", ")),
    };
    Err((format!("is no dialect: {}", quoted(name)), label))
}

fn read(f: &mut Fields<'_>) -> Option<Dialect> {
    let kind = Text { parse: super::file::about, example: "\"My protocol 1.0\"" };
    let about = f.required("about", "what protocol it is, in a line", kind);
    let session = session::read_table(f).unwrap_or_default();
    let echo = f.table("echo", "a message that comes back to its sender", message);
    let publish = f.table("publish", "a message that goes to all clients", message);
    Some(Dialect { about: about?, session, echo, publish })
}

fn message(f: &mut Fields<'_>) -> Option<Message> {
    let kind = Text { parse: Message::parse, example: r#"'{"type":"say","text":"{stamp}"}'"# };
    f.required("message", "how it is made: {stamp} once, {filler} and places of the session", kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Said;

    #[test]
    fn every_dialect_can_be_read_and_says_something() {
        for (name, _) in ALL {
            let dialect =
                Dialect::load(name, Path::new("")).unwrap_or_else(|errors| panic!("{name}: {errors}"));
            assert!(
                !dialect.about.is_empty() && (dialect.echo.is_some() || dialect.publish.is_some()),
                "{name}"
            );
        }
    }

    #[test]
    fn what_is_no_dialect_is_said() {
        let said = |name: &str| Dialect::load(name, Path::new("/nowhere")).unwrap_err().to_string();
        assert!(named("graphql-transport").unwrap_err().1.contains("did you mean \"graphql-transport-ws\"?"));
        assert!(named("my.toml").is_ok() && named("mine").is_err());
        assert!(said("./my.toml").contains("my.toml: cannot read it"), "{}", said("./my.toml"));
        let wrong = Dialect::parse("d.toml", b"about = \"x\"\n[session]\nclose = { send = \"{nam}\" }\n")
            .unwrap_err();
        assert!(wrong.to_string().contains("d.toml:3:") && wrong.to_string().contains("{nam}"), "{wrong}");
    }

    #[test]
    fn a_scenario_adds_its_own_steps() {
        let text = b"about = \"x\"\n[session]\nparameters = { a = \"1\", b = 2 }\n[[session.step]]\nexpect = \"hi\"\n";
        let dialect = Dialect::parse("d.toml", text).unwrap();
        let request = b"about = \"x\"\n[session]\nparameters = { b = 3 }\n[[session.step]]\nrequest = { path = \"/t\" }\n[[session.step]]\nsend = \"last\"\n";
        let own = Dialect::parse("o.toml", request).unwrap().session;
        let both = dialect.with(Some(own));
        assert!(
            matches!(&both.steps[..], [Step::Request(_), Step::Expect(_), Step::Send(Said { text, .. })] if text == "last")
        );
        assert_eq!((both.parameters["a"].as_str(), both.parameters["b"].as_str()), ("1", "3"));
        assert_eq!(dialect.with(None), dialect.session);
    }
}
