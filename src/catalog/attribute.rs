//! What can be said of a fact.

use super::Element;

/// One thing that is said of every fact of a kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, as a person reads it: `not null`, `definition`.
    pub name: &'static str,
    /// How its values are written.
    pub form: Form,
    /// The element that it belongs to, where that is not its kind's.
    pub element: Option<Element>,
    /// Whether major versions of the server write the same thing differently, so that values of two of them cannot be
    /// compared.
    pub varies_by_major: bool,
}

/// How the values of an attribute are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A word, a number, a name: equal as text or not equal.
    Word,
    /// SQL that the server deparsed: the deparse trap applies (see `compare`), and it may have several lines.
    Sql,
    /// A text of a person's, taken as it is, that may have several lines: a function's body, a comment.
    Text,
    /// A list, an item a line.
    List,
}

impl Attribute {
    const fn of(name: &'static str, form: Form) -> Attribute {
        Attribute { name, form, element: None, varies_by_major: false }
    }

    /// An attribute whose values are words.
    pub const fn word(name: &'static str) -> Attribute {
        Attribute::of(name, Form::Word)
    }

    /// An attribute whose values are SQL by the server's deparser.
    pub const fn sql(name: &'static str) -> Attribute {
        Attribute::of(name, Form::Sql)
    }

    /// An attribute whose values are text of a person's.
    pub const fn text(name: &'static str) -> Attribute {
        Attribute::of(name, Form::Text)
    }

    /// An attribute whose values are lists, an item a line.
    pub const fn list(name: &'static str) -> Attribute {
        Attribute::of(name, Form::List)
    }

    /// The same, belonging to this element.
    pub const fn within(self, element: Element) -> Attribute {
        Attribute { element: Some(element), ..self }
    }

    /// The same, written differently by major versions.
    pub const fn varying(self) -> Attribute {
        Attribute { varies_by_major: true, ..self }
    }
}
