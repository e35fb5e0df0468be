//! The kinds of facts, a closed list: a `match` on [`Kind`] names all of them, so that none can be forgotten.

use std::fmt;
use std::str::FromStr;

use super::{
    Attribute, Server, aggregates, base_types, casts, collations, columns, comments, constraints,
    event_triggers, extensions, foreign, functions, indexes, languages, operators, owners, policies,
    privileges, publications, relations, rows, rules, schemas, sequences, statistics, text_search, triggers,
    types,
};

/// What a kind of fact is: its word, what it belongs to, what is said of it and the query that reads it.
#[derive(Debug)]
pub struct Description {
    /// The word for it, as in `COMMENT ON`: `materialized view`.
    pub word: &'static str,
    /// The element that its facts belong to.
    pub element: Element,
    /// What is said of each.
    pub attributes: &'static [Attribute],
    /// The query that reads all of them; see [`Kind::query`].
    pub query: fn(Server) -> String,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident => $description:path,)*) => {
        /// The kind of a fact.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// Every kind, each behind the kinds that its facts hang on.
            pub const ALL: &[Kind] = &[$(Kind::$kind,)*];

            /// What is known of this kind.
            pub fn description(self) -> &'static Description {
                match self {
                    $(Kind::$kind => &$description,)*
                }
            }
        }
    };
}

// Containers before what is in them: facts are read in this order, and find what they hang on.
kinds! {
    /// A schema.
    Schema => schemas::SCHEMA,
    /// An extension.
    Extension => extensions::EXTENSION,
    /// A procedural language.
    Language => languages::LANGUAGE,
    /// An access method.
    AccessMethod => operators::ACCESS_METHOD,
    /// A type that was announced and not defined.
    ShellType => types::SHELL_TYPE,
    /// A base type.
    BaseType => base_types::BASE_TYPE,
    /// An enumeration.
    Enum => types::ENUM,
    /// A domain.
    Domain => types::DOMAIN,
    /// A check of a domain.
    DomainConstraint => types::DOMAIN_CONSTRAINT,
    /// A composite type.
    CompositeType => types::COMPOSITE_TYPE,
    /// An attribute of a composite type.
    Attribute => types::ATTRIBUTE,
    /// A range type.
    RangeType => types::RANGE_TYPE,
    /// A collation.
    Collation => collations::COLLATION,
    /// A conversion between encodings.
    Conversion => collations::CONVERSION,
    /// A function or window function.
    Function => functions::FUNCTION,
    /// A procedure.
    Procedure => functions::PROCEDURE,
    /// An aggregate.
    Aggregate => aggregates::AGGREGATE,
    /// A cast.
    Cast => casts::CAST,
    /// A transform.
    Transform => casts::TRANSFORM,
    /// An operator.
    Operator => operators::OPERATOR,
    /// An operator family.
    OperatorFamily => operators::OPERATOR_FAMILY,
    /// An operator class.
    OperatorClass => operators::OPERATOR_CLASS,
    /// A parser of full text search.
    TextSearchParser => text_search::PARSER,
    /// A template of dictionaries of full text search.
    TextSearchTemplate => text_search::TEMPLATE,
    /// A dictionary of full text search.
    TextSearchDictionary => text_search::DICTIONARY,
    /// A configuration of full text search.
    TextSearchConfiguration => text_search::CONFIGURATION,
    /// A foreign data wrapper.
    ForeignDataWrapper => foreign::WRAPPER,
    /// A foreign server.
    Server => foreign::SERVER,
    /// A user mapping of a foreign server.
    UserMapping => foreign::USER_MAPPING,
    /// An event trigger.
    EventTrigger => event_triggers::EVENT_TRIGGER,
    /// A publication.
    Publication => publications::PUBLICATION,
    /// A table of a publication.
    PublicationTable => publications::PUBLICATION_TABLE,
    /// A schema of a publication.
    PublicationSchema => publications::PUBLICATION_SCHEMA,
    /// A subscription.
    Subscription => publications::SUBSCRIPTION,
    /// A table, ordinary or partitioned.
    Table => relations::TABLE,
    /// A view.
    View => relations::VIEW,
    /// A materialized view.
    MaterializedView => relations::MATERIALIZED_VIEW,
    /// A foreign table.
    ForeignTable => relations::FOREIGN_TABLE,
    /// A sequence, but for that of an identity column.
    Sequence => sequences::SEQUENCE,
    /// A column of a table, a view, a materialized view or a foreign table.
    Column => columns::COLUMN,
    /// The default of a column.
    Default => columns::DEFAULT,
    /// A constraint of a table: primary key, unique, foreign key, check, exclusion.
    Constraint => constraints::CONSTRAINT,
    /// An index of a table or a materialized view, but for that of a constraint.
    Index => indexes::INDEX,
    /// Extended statistics of a table.
    Statistics => statistics::STATISTICS,
    /// A rule of a table or a view.
    Rule => rules::RULE,
    /// A trigger of a table or a view.
    Trigger => triggers::TRIGGER,
    /// A policy of row level security.
    Policy => policies::POLICY,
    // What hangs on anything; all other kinds stand before these.
    /// A comment on any fact.
    Comment => comments::COMMENT,
    /// A security label of any fact.
    SecurityLabel => comments::SECURITY_LABEL,
    /// The owner of any fact.
    Owner => owners::OWNER,
    /// What a role may do with any fact.
    Privilege => privileges::PRIVILEGE,
    /// What a role grants on what it will make.
    DefaultPrivilege => privileges::DEFAULT_PRIVILEGE,
    /// A row of a value list.
    Row => rows::ROW,
}

impl Kind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        self.description().word
    }

    /// What is said of each fact of this kind.
    pub fn attributes(self) -> &'static [Attribute] {
        self.description().attributes
    }

    /// The query that reads all facts of this kind. Its columns, in this order:
    ///
    /// 1. to 3. the fact's address: oid of the system catalog, oid, sub-object number (`classid`, `objid` and
    ///    `objsubid` of pg_depend), NULL for what nothing can hang on;
    /// 4. to 6. the address of the fact that it hangs on, NULL if it hangs on none; an address that leads to no fact
    ///    (a system object, a member of an extension) leaves this fact out too;
    /// 7. to 9. schema (NULL for what is in none, or hangs on something), name, signature (NULL for kinds without);
    /// 10. and on: the values of its attributes.
    pub fn query(self, server: Server) -> String {
        (self.description().query)(server)
    }
}

/// The groups of kinds that users know and choose from (`pum check -i`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// Schemas.
    Schemas,
    /// Extensions.
    Extensions,
    /// Enumerations, domains, composite, range and base types.
    Types,
    /// Tables and foreign tables.
    Tables,
    /// Columns and their defaults.
    Columns,
    /// Constraints of tables and domains.
    Constraints,
    /// Indexes.
    Indexes,
    /// Sequences.
    Sequences,
    /// Views and materialized views, with their columns.
    Views,
    /// Rules.
    Rules,
    /// Functions, procedures, aggregates.
    Functions,
    /// Triggers and event triggers.
    Triggers,
    /// Policies of row level security.
    Policies,
    /// Rows of value lists.
    Rows,
    /// Everything else.
    Other,
    /// The order of columns.
    ColumnOrder,
    /// Comments.
    Comments,
    /// Owners.
    Owners,
    /// Grants and default privileges.
    Privileges,
}

impl Element {
    /// Every element, in the order in which they are shown.
    pub const ALL: &[Element] = &[
        Element::Schemas,
        Element::Extensions,
        Element::Types,
        Element::Tables,
        Element::Columns,
        Element::Constraints,
        Element::Indexes,
        Element::Sequences,
        Element::Views,
        Element::Rules,
        Element::Functions,
        Element::Triggers,
        Element::Policies,
        Element::Rows,
        Element::Other,
        Element::ColumnOrder,
        Element::Comments,
        Element::Owners,
        Element::Privileges,
    ];

    /// Its name, as in `-i columns`.
    pub fn name(self) -> &'static str {
        match self {
            Element::Schemas => "schemas",
            Element::Extensions => "extensions",
            Element::Types => "types",
            Element::Tables => "tables",
            Element::Columns => "columns",
            Element::Constraints => "constraints",
            Element::Indexes => "indexes",
            Element::Sequences => "sequences",
            Element::Views => "views",
            Element::Rules => "rules",
            Element::Functions => "functions",
            Element::Triggers => "triggers",
            Element::Policies => "policies",
            Element::Rows => "rows",
            Element::Other => "other",
            Element::ColumnOrder => "column-order",
            Element::Comments => "comments",
            Element::Owners => "owners",
            Element::Privileges => "privileges",
        }
    }

    /// Whether it is compared only when asked for: an upgraded database has another order of columns than a fresh
    /// one for ever, and owners and grants are a site's own.
    pub fn is_asked_for(self) -> bool {
        matches!(self, Element::ColumnOrder | Element::Comments | Element::Owners | Element::Privileges)
    }
}

impl fmt::Display for Element {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Element {
    type Err = String;

    fn from_str(text: &str) -> Result<Element, String> {
        let known = Element::ALL.iter().find(|element| element.name() == text).copied();
        known.ok_or_else(|| {
            let names: Vec<&str> = Element::ALL.iter().map(|element| element.name()).collect();
            let nearest = crate::error::nearest(text, names.iter().copied());
            let meant = nearest.map_or_else(String::new, |name| format!("; did you mean {name:?}?"));
            format!("{text:?} is no element{meant}; they are {}", names.join(", "))
        })
    }
}
