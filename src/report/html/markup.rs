//! HTML that is well-formed and harmless by construction: text and attributes can only be added escaped.
//!
//! It must not know what a page says. The one way around the escape is [`Element::markup`], for what this program drew itself.

use std::fmt::Write as _;

use crate::report::escape::html as safe;

/// An element with what is inside.
pub struct Element {
    tag: &'static str,
    attributes: String,
    inside: String,
}

/// An empty element.
pub fn element(tag: &'static str) -> Element {
    Element { tag, attributes: String::new(), inside: String::new() }
}

/// An element with a text.
pub fn said(tag: &'static str, text: &str) -> Element {
    element(tag).text(text)
}

impl Element {
    /// One attribute more.
    pub fn with(mut self, name: &'static str, value: &str) -> Element {
        // What is written to a String cannot fail.
        let _ = write!(self.attributes, " {name}=\"{}\"", safe(value));
        self
    }

    /// Its classes.
    pub fn class(self, names: &str) -> Element {
        self.with("class", names)
    }

    /// Text behind what is there.
    pub fn text(mut self, text: &str) -> Element {
        self.inside += &safe(text);
        self
    }

    /// Lines of text, broken where they are.
    pub fn lines(mut self, text: &str) -> Element {
        self.inside += &text.lines().map(safe).collect::<Vec<String>>().join("\n");
        self
    }

    /// An element behind what is there.
    pub fn and(mut self, child: Element) -> Element {
        self.inside += &child.into_markup();
        self
    }

    /// Elements behind what is there.
    pub fn all(self, children: impl IntoIterator<Item = Element>) -> Element {
        children.into_iter().fold(self, Element::and)
    }

    /// Markup of this program's own, as it is.
    pub fn markup(mut self, markup: &str) -> Element {
        self.inside += markup;
        self
    }

    /// Nothing inside.
    pub fn is_empty(&self) -> bool {
        self.inside.is_empty()
    }

    /// As it stands in a page.
    pub fn into_markup(self) -> String {
        let Element { tag, attributes, inside } = self;
        match tag {
            "meta" | "br" => format!("<{tag}{attributes}>"),
            "main" | "section" | "header" | "figure" | "table" | "tr" | "ul" | "li" | "p" | "h2" | "h3" => {
                format!("<{tag}{attributes}>{inside}</{tag}>\n")
            }
            _ => format!("<{tag}{attributes}>{inside}</{tag}>"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_cannot_leave_its_place() {
        let hostile = "</p><script>\"'&\u{1b}\u{202e}";
        let shown = element("p").class(hostile).text(hostile).lines("a\n<b>").into_markup();
        let safe = "&lt;/p&gt;&lt;script&gt;&quot;&#39;&amp;\\u{1b}\\u{202e}";
        assert_eq!(shown, format!("<p class=\"{safe}\">{safe}a\n&lt;b&gt;</p>\n"));
    }
}
