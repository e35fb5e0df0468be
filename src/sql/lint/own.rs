//! pum's own rules, those that the text decides.

use std::collections::HashSet;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{Parse, SourceFile, SyntaxNode};

use super::squawk::Text;
use super::{DELETES_DATA, DROP_CASCADE, Hazard};

/// What is found.
pub(super) fn hazards(text: &Text<'_>, parsed: &Parse<SourceFile>) -> Vec<Hazard> {
    let mut finder = Finder { text, made: HashSet::new(), found: Vec::new() };
    for statement in parsed.tree().stmts() {
        finder.statement(&statement);
    }
    finder.found
}

struct Finder<'a> {
    text: &'a Text<'a>,
    /// The tables that the delta itself has made so far: what they hold is its own.
    made: HashSet<String>,
    found: Vec<Hazard>,
}

impl Finder<'_> {
    fn statement(&mut self, statement: &ast::Stmt) {
        match statement {
            ast::Stmt::CreateTable(create) => self.makes(create.table_name()),
            ast::Stmt::CreateTableAs(create) => {
                self.makes(create.table_name());
                self.deletes_in(create.syntax());
            }
            ast::Stmt::DropTable(drop) => {
                let names: Vec<String> = drop.table_name_refs().map(|name| text_of(name.syntax())).collect();
                let lost: Vec<&String> = names.iter().filter(|name| !self.made.contains(*name)).collect();
                if let Some(name) = lost.first() {
                    let more = if lost.len() > 1 { " and others" } else { "" };
                    self.deletes(drop.syntax(), &format!("the rows of {name}{more} are gone with it"));
                }
            }
            ast::Stmt::AlterTable(alter) => self.alter_table(alter),
            ast::Stmt::Truncate(truncate) => {
                let tables = truncate.table_list().into_iter().flat_map(|list| list.table_relation_names());
                let names: Vec<String> = tables
                    .filter_map(|table| Some(text_of(table.table_name_ref()?.syntax())))
                    .filter(|name| !self.made.contains(name))
                    .collect();
                if !names.is_empty() {
                    self.deletes(truncate.syntax(), &format!("all rows of {} are gone", names.join(", ")));
                }
            }
            ast::Stmt::DropSchema(drop) if is_cascade(drop.drop_behavior()) => {
                self.deletes(drop.syntax(), "the tables in it are dropped with their rows");
            }
            ast::Stmt::DropOwned(drop) => {
                self.deletes(drop.syntax(), "all that the role owns is dropped, tables with their rows");
            }
            ast::Stmt::Delete(_) | ast::Stmt::Select(_) | ast::Stmt::Insert(_) | ast::Stmt::Update(_) => {
                self.deletes_in(statement.syntax());
            }
            _ => {}
        }
        self.cascades(statement);
    }

    fn makes(&mut self, name: Option<ast::TableName>) {
        self.made.extend(name.map(|name| text_of(name.syntax())));
    }

    fn alter_table(&mut self, alter: &ast::AlterTable) {
        let name = alter.table_relation_name().and_then(|table| table.table_name_ref());
        let name = name.map(|name| text_of(name.syntax())).unwrap_or_default();
        if self.made.contains(&name) {
            return;
        }
        for action in alter.actions() {
            if let ast::AlterTableAction::DropColumn(drop) = action {
                let column =
                    drop.column_name_ref().map(|column| text_of(column.syntax())).unwrap_or_default();
                self.deletes(drop.syntax(), &format!("what {name}.{column} holds is gone with it"));
            }
        }
    }

    /// A DELETE without a condition, also one in a WITH.
    fn deletes_in(&mut self, statement: &SyntaxNode) {
        for delete in statement.descendants().filter_map(ast::Delete::cast) {
            let name = delete.relation_name().and_then(|relation| relation.relation_name_ref());
            let name = name.map(|name| text_of(name.syntax())).unwrap_or_default();
            let is_limited = delete.where_clause_or_current_of().is_some() || delete.using_clause().is_some();
            if !is_limited && !self.made.contains(&name) {
                self.deletes(delete.syntax(), &format!("it has no WHERE, so all rows of {name} are gone"));
            }
        }
    }

    /// What is dropped beside what is named.
    fn cascades(&mut self, statement: &ast::Stmt) {
        let is_drop = statement.syntax().first_token().is_some_and(|token| {
            let first = token.text().to_ascii_lowercase();
            first == "drop"
        });
        let is_alter = matches!(
            statement,
            ast::Stmt::AlterTable(_) | ast::Stmt::AlterDomain(_) | ast::Stmt::AlterType(_)
        );
        if !(is_drop || is_alter) {
            return;
        }
        if let Some(cascade) = statement.syntax().descendants().find_map(ast::Cascade::cast) {
            self.report(
                DROP_CASCADE,
                cascade.syntax(),
                "CASCADE drops whatever depends on it, also what others made in a database".to_owned(),
                "drop by name what the model knows of, so that anything else stops the upgrade",
            );
        }
    }

    fn deletes(&mut self, node: &SyntaxNode, what: &str) {
        self.report(
            DELETES_DATA,
            node,
            what.to_owned(),
            "if that is meant, say why: -- pum: allow deletes-data REASON",
        );
    }

    fn report(&mut self, rule: &str, node: &SyntaxNode, message: String, help: &str) {
        let range = node.text_range();
        let children = node.children_with_tokens();
        let start = children.into_iter().find(|child| !child.kind().is_trivia());
        let start = start.map_or(range.start(), |child| child.text_range().start());
        self.found.push(Hazard {
            rule: rule.to_owned(),
            message,
            range: self.text.locate(start.into()..range.end().into()),
            help: Some(help.to_owned()),
        });
    }
}

fn is_cascade(behavior: Option<ast::DropBehavior>) -> bool {
    matches!(behavior, Some(ast::DropBehavior::Cascade(_)))
}

/// A name as it is written, but for the case of what is not quoted.
fn text_of(name: &SyntaxNode) -> String {
    let text: String = name.text().to_string().split_whitespace().collect();
    if text.contains('"') { text } else { text.to_lowercase() }
}
