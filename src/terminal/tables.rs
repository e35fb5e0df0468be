//! `pum info` for people.

use comfy_table::{Table, TableStyle};

use crate::commands::info::{DeltaInfo, Info, Options};
use crate::commands::{anew, baseline_command, cache};
use crate::progress::count;
use crate::upgrade::quoted;

/// The state of a database as text.
pub fn info(info: &Info, options: &Options) -> String {
    let mut text = format!(
        "{} on {}:{} as {}, PostgreSQL {}\n",
        info.database, info.host, info.port, info.user, info.server_version
    );
    if info.table_exists {
        let version =
            info.version.map_or_else(|| "no version".to_owned(), |version| format!("version {version}"));
        let baseline = info.baseline.map_or_else(String::new, |baseline| format!(" (baseline {baseline})"));
        text.push_str(&format!("{version}{baseline}, recorded in {}\n", info.table));
    } else {
        text.push_str(&format!("no upgrades table {}: everything is pending\n", info.table));
    }
    if !info.deltas.is_empty() {
        text.push('\n');
        text.push_str(&deltas(info));
        text.push('\n');
    }
    if !info.not_deltas.is_empty() {
        text.push_str("\nfiles that look like deltas and are not:\n");
        for not in &info.not_deltas {
            let rename =
                not.rename.as_ref().map_or_else(String::new, |rename| format!("; rename it to {rename}"));
            text.push_str(&format!("  {}: {}{rename}\n", not.file, not.reason));
        }
    }
    if !info.unknown_rows.is_empty() {
        let ids: Vec<String> = info.unknown_rows.iter().map(ToString::to_string).collect();
        text.push_str(&format!("\nrows of {} that are not understood: id {}\n", info.table, ids.join(", ")));
    }
    text.push_str(&summary(info, options));
    text.trim_end().to_owned()
}

/// What is in the cache as text.
pub fn cache(info: &cache::Info) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    for sort in &info.kinds {
        table.add_row([format!("{}s", sort.kind), sort.count.to_string(), cache::size(sort.bytes)]);
    }
    let rows: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let (bytes, limit) = (cache::size(info.bytes), cache::size(info.limit));
    format!("{}\n{}\n{bytes} of {limit} at most", info.directory.display(), rows.join("\n"))
}

fn deltas(info: &Info) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_header(["version", "title", "kind", "state"]);
    for delta in &info.deltas {
        table.add_row([delta.version.to_string(), delta.title.clone(), delta.kind.clone(), state(delta)]);
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// A delta's state in words.
fn state(delta: &DeltaInfo) -> String {
    let when = || {
        let on = delta.installed_on.as_deref().unwrap_or_default();
        let by = delta.installed_by.as_deref().unwrap_or_default();
        format!("{on} by {by}")
    };
    match delta.state {
        "applied" if delta.unreadable.is_some() => {
            format!("applied {}, its file cannot be read", when())
        }
        "applied" if delta.edited => format!("applied {}, edited since", when()),
        "applied" => format!("applied {}", when()),
        "before_baseline" => "before the baseline".to_owned(),
        "late" => "late: a higher version was applied before it came".to_owned(),
        "known_late" => "late, known and passed over".to_owned(),
        "gone" => format!("applied {}, its file is gone", when()),
        "gone_begun" => format!("begun {}, not ended, its file is gone", when()),
        "begun" => match delta.statements_done {
            Some(done) => format!("begun {}, not ended: {} done", when(), count(done, "statement")),
            None => format!("begun {}, not ended", when()),
        },
        other => other.to_owned(),
    }
}

/// What there is to do or to know, and the next command.
fn summary(info: &Info, options: &Options) -> String {
    // A table without a single row says as little as none.
    if info.version.is_none() {
        return format!("\nnext: {}\n", baseline_command(&options.typed(), info.lacks_schema));
    }
    let number = |matches: fn(&DeltaInfo) -> bool| info.deltas.iter().filter(|delta| matches(delta)).count();
    let pending = number(|delta| matches!(delta.state, "pending" | "begun"));
    let late = number(|delta| delta.state == "late");
    let said: Vec<String> = [
        (pending, "pending"),
        (late, "late"),
        (number(|delta| delta.edited), "edited"),
        (number(|delta| delta.unreadable.is_some()), "unreadable"),
        (number(|delta| delta.state.starts_with("gone")), "gone"),
        (info.not_deltas.len(), if info.not_deltas.len() == 1 { "not a delta" } else { "not deltas" }),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{number} {what}"))
    .collect();
    let order = if late > 0 { " --out-of-order (or --ignore-late)" } else { "" };
    let at = options.at.as_ref().map_or_else(String::new, |revision| format!(" --at {}", quoted(revision)));
    let is_odd = |delta: &DeltaInfo| delta.edited || matches!(delta.state, "late" | "gone" | "gone_begun");
    let anew = match options.has_model && info.deltas.iter().any(is_odd) {
        true => format!("{}\n", anew(&options.connection)),
        false => String::new(),
    };
    match said.as_slice() {
        [] => "\nnothing is pending\n".to_owned(),
        _ if pending + late > 0 => {
            format!("\n{}; next: pum upgrade {}{at}{order}\n{anew}", said.join(", "), options.typed())
        }
        _ => format!("\nnothing is pending; {}\n{anew}", said.join(", ")),
    }
}
