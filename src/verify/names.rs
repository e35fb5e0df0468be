//! Every delta is one, is there once, and can be read: what an upgrade would refuse before it begins, and what an editor
//! or a merge left behind. What the base has as it is was judged before; of that, only names are looked at again.

use std::path::{Path, PathBuf};

use super::subject::Target;
use super::{Finding, Outcome, Stage, Subject};
use crate::delta::{Delta, Language, NotDelta};
use crate::progress::count;
use crate::sql::{self, Source, Variables};
use crate::upgrade::quoted;
use crate::{Error, Result};

/// Carries the stage out.
///
/// # Errors
/// A broken object.
pub fn run(subject: &Subject<'_>) -> Result<Outcome> {
    let files = subject.files()?;
    let deltas = &files.deltas;
    let mut findings = directories(subject)?;
    for file in &deltas.not_deltas {
        let is_known =
            subject.base_files()?.tree.files.contains_key(&file.path) || !subject.is_new(&file.path)?;
        findings.push(not_a_delta(subject, file, is_known));
    }
    for (first, second) in deltas.twins() {
        let is_known = subject.base_files()?.tree.files.contains_key(&second.path);
        let (old, new) = if is_known { (second, first) } else { (first, second) };
        findings.push(twins(old, new));
    }
    let variables = variables(subject);
    let new = subject.new_deltas()?;
    for delta in &new {
        findings.extend(content(subject, &delta.path, delta.name.kind.language(), &variables)?);
    }
    let scripts = deltas.pre_all.iter().chain(&deltas.post_all);
    for script in scripts {
        if subject.is_new(&script.path)? {
            findings.extend(content(subject, &script.path, script.language, &variables)?);
        }
    }
    findings.extend(tags(subject)?);
    let summary = format!("{}, {} new", count(deltas.deltas.len(), "delta"), new.len());
    Ok(Outcome::of(Stage::Names, summary, findings))
}

/// What is wrong with the delta directories.
fn directories(subject: &Subject<'_>) -> Result<Vec<Finding>> {
    if subject.directories().is_empty() {
        let finding = Finding::error(Stage::Names, "no delta directory is named");
        return Ok(vec![
            finding.in_file(&subject.config_path).help("name it: delta_dirs: [delta]").at_offset("", 0),
        ]);
    }
    let mut findings = Vec::new();
    for directory in subject.directories() {
        let is_there =
            |files: &super::Files<'_>| files.tree.files.keys().any(|path| path.starts_with(directory));
        if !is_there(subject.files()?) {
            let message =
                format!("{} has no delta directory {}", subject.target.label(), directory.display());
            // One that everybody has deltas in is missed; one that is only planned is not.
            let finding = match is_there(subject.base_files()?) {
                true => Finding::error(Stage::Names, message),
                false => Finding::warning(Stage::Names, message),
            };
            let help = "git keeps no empty directory: it is there with its first file";
            findings.push(finding.in_file(&subject.config_path).help(help));
        }
    }
    Ok(findings)
}

/// A file that looks like a delta. One that the base has, too, is passed over by everybody already.
fn not_a_delta(subject: &Subject<'_>, file: &NotDelta, is_known: bool) -> Finding {
    let message = format!("it looks like a delta and is none, so it would never run: {}", file.reason);
    let finding = match is_known {
        true => Finding::warning(Stage::Names, message),
        false => Finding::error(Stage::Names, message),
    };
    let help = match &file.rename {
        Some(name) => {
            format!("git mv {} {}", subject.typed(&file.path), subject.typed(&file.path.with_file_name(name)))
        }
        None => "call it delta_X.Y.Z_TITLE.sql, or take it out of the delta directory".to_owned(),
    };
    finding.in_file(&file.path).help(help)
}

fn twins(old: &Delta, new: &Delta) -> Finding {
    let Delta { name, path, .. } = new;
    let message = format!(
        "it is the same delta as {}: version {}, title {:?}, kind {}",
        old.path.display(),
        name.version,
        name.title,
        name.kind
    );
    Finding::error(Stage::Names, message)
        .in_file(path)
        .help("a delta is known by version, title and kind: give one of them another title")
}

/// The variables that an upgrade has: the project's, and those of psql that are known once there is a database.
pub(super) fn variables(subject: &Subject<'_>) -> Variables {
    let mut variables = subject.project.variables.clone();
    for name in ["DBNAME", "USER", "HOST"] {
        variables.insert_psql(name, "postgres");
    }
    variables.insert_psql("PORT", "5432");
    variables.insert_psql("SERVER_VERSION_NUM", "150000");
    variables
}

/// What is wrong in a file.
fn content(
    subject: &Subject<'_>,
    path: &Path,
    language: Language,
    variables: &Variables,
) -> Result<Vec<Finding>> {
    let bytes = match subject.content(path) {
        Ok(bytes) => bytes,
        // A link that leads nowhere.
        Err(error) if error.kind == crate::error::Kind::Usage => {
            return Ok(vec![Finding::of_error(Stage::Names, &error).in_file(path)]);
        }
        Err(error) => return Err(error),
    };
    Ok(match Source::decode(path, bytes) {
        Ok(source) => judge(&source, language, variables),
        Err(error) => vec![of_error(&error, path)],
    })
}

/// What is wrong in a text. Where a merge left its marks, nothing else is looked for: it would be their consequence.
fn judge(source: &Source, language: Language, variables: &Variables) -> Vec<Finding> {
    let path = &source.path;
    let marked = conflict_markers(&source.text);
    if !marked.is_empty() {
        return marked
            .into_iter()
            .map(|offset| {
                Finding::error(Stage::Names, "a conflict marker of a merge that was not ended")
                    .in_file(path)
                    .at_offset(&source.text, offset)
                    .help("choose what is right, and commit the file without the marks")
            })
            .collect();
    }
    let unfinished = |comments: Vec<usize>, help: &str| -> Vec<Finding> {
        let found = comments.into_iter().filter_map(|offset| {
            let word = unfinished_word(&source.text[offset..])?;
            let message = match word {
                "TODO" => "a TODO is left: the delta is not finished",
                _ => "UNPROVEN: nobody has shown yet that this statement does what it should",
            };
            Some(
                Finding::error(Stage::Names, message)
                    .in_file(path)
                    .at_offset(&source.text, offset)
                    .help(help),
            )
        });
        found.collect()
    };
    match language {
        Language::Python => unfinished(python_comments(&source.text), "finish it, and remove the line"),
        Language::Sql => match sql::prepare(source, variables) {
            Ok(script) => unfinished(
                script.comments.iter().map(|comment| comment.start).collect(),
                "write what is missing, and remove the line",
            ),
            Err(error) => vec![of_error(&error, path)],
        },
    }
}

fn of_error(error: &Error, path: &Path) -> Finding {
    let finding = Finding::of_error(Stage::Names, error);
    Finding { path: finding.path.or_else(|| Some(PathBuf::from(path))), ..finding }
}

/// Where conflicts begin, by the marks that git put there; where only the ends of some are left, these.
fn conflict_markers(text: &str) -> Vec<usize> {
    let mut offset = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        lines.push((offset, line.trim_end()));
        offset += line.len();
    }
    let is_mark = |line: &str, mark: &str| {
        line == mark || line.strip_prefix(mark).is_some_and(|rest| rest.starts_with(' '))
    };
    let places = |mark: &str| -> Vec<usize> {
        lines.iter().filter(|(_, line)| is_mark(line, mark)).map(|(offset, _)| *offset).collect()
    };
    let begun = places("<<<<<<<");
    if begun.is_empty() { places(">>>>>>>") } else { begun }
}

/// Where lines have nothing but a comment. In a text of several lines, such a line is taken for one, too.
fn python_comments(text: &str) -> Vec<usize> {
    let mut offset = 0;
    let mut comments = Vec::new();
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if line[indent..].starts_with('#') {
            comments.push(offset + indent);
        }
        offset += line.len();
    }
    comments
}

/// The word at the beginning of a comment that says that the delta is not finished.
fn unfinished_word(comment: &str) -> Option<&'static str> {
    let text = comment.trim_start_matches(['-', '#']).trim_start();
    ["TODO", "UNPROVEN"].into_iter().find(|word| {
        let rest = text.strip_prefix(word);
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
    })
}

/// Release tags on the commit that are below its highest delta: databases at that release would be beyond it.
fn tags(subject: &Subject<'_>) -> Result<Vec<Finding>> {
    let Target::Commit(commit) = &subject.target else { return Ok(Vec::new()) };
    let Some(highest) = subject.files()?.deltas.deltas.iter().max_by_key(|delta| delta.name.version) else {
        return Ok(Vec::new());
    };
    let releases = subject.repository.releases(&subject.config.releases)?;
    let here = releases.into_iter().filter(|release| release.commit.id == commit.id);
    let below = here.filter(|release| release.version < highest.name.version);
    Ok(below
        .map(|release| {
            let tag = &release.commit.name;
            let message = format!(
                "the release {tag} is tagged on {}, but this delta is of version {}: a database that has had it is beyond the release",
                commit.short(),
                highest.name.version
            );
            Finding::error(Stage::Names, message).in_file(&highest.path).help(format!(
                "tag the release {} instead (git tag -d {}), or move the tag to a commit without the delta",
                tag.replace(&release.version.to_string(), &highest.name.version.to_string()),
                quoted(tag)
            ))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::{conflict_markers, judge};
    use crate::delta::Language;
    use crate::sql::{Source, Variables};

    fn found(text: &str, language: Language) -> Vec<String> {
        let source = Source::decode("d.sql", text.as_bytes().to_vec()).unwrap();
        let findings = judge(&source, language, &Variables::default());
        findings.iter().map(|finding| format!("{} {}", finding.place(), finding.message)).collect()
    }

    #[test]
    fn a_todo_counts_in_comments_only() {
        let todo = "a TODO is left: the delta is not finished";
        assert_eq!(found("select 1;\n  -- TODO: more\n", Language::Sql), [format!("d.sql:2:3 {todo}")]);
        assert_eq!(found("--TODO", Language::Sql), [format!("d.sql:1:1 {todo}")]);
        for fine in [
            "select '-- TODO';",
            "create function f() returns int as $$\n-- TODO: faster\nselect 1 $$ language sql;",
            "-- TODOs are fine, as is a TODO in the middle",
            "/* -- TODO */ select 1;",
            "copy t from stdin;\n-- TODO\n\\.\n",
        ] {
            assert_eq!(found(fine, Language::Sql), Vec::<String>::new(), "{fine}");
        }
        assert_eq!(found("x = '# TODO'\n\t# TODO: x", Language::Python), [format!("d.sql:2:2 {todo}")]);
    }

    #[test]
    fn marks_of_a_merge_are_found_and_lines_under_headings_are_not() {
        assert_eq!(conflict_markers("-- a\n=======\n-- b\n"), Vec::<usize>::new());
        assert_eq!(conflict_markers("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n"), [0]);
        assert_eq!(conflict_markers("b\n>>>>>>> x\n"), [2]);
        assert_eq!(conflict_markers("<<<<<<<< not one\n"), Vec::<usize>::new());
        assert_eq!(found("a\r\n<<<<<<< HEAD\r\n", Language::Sql).len(), 1);
    }

    #[test]
    fn what_an_upgrade_would_refuse_is_found() {
        let wrong = |text: &str| found(text, Language::Sql).join("\n");
        assert_eq!(wrong("select 'a"), "d.sql:1:8 unterminated string: begins here");
        assert!(wrong("\n\\i other.sql").starts_with("d.sql:2:1 the psql command \\i"));
        assert!(wrong("-- pum: no-transactoin\n").starts_with("d.sql:1:1 unknown directive"));
        assert!(wrong("select :VERSION;").contains("is set by psql only"));
        assert_eq!(wrong("select ':DBNAME';"), "");
    }
}
