//! A sample repository, as large as the times are promised for: a bare repository and a clone of it, with 5 releases, 40
//! deltas, a model in SQL files of 60 tables, and two branches that took the same delta number. In every commit the deltas
//! lead from release to release, and to the model. It stands on git and the standard library alone, so that the benches
//! include it too.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How many tables the newest release has.
pub const TABLES: usize = 60;
/// How many deltas there are, ten before each release but the first.
pub const DELTAS: usize = 40;
/// The releases.
pub const RELEASES: [&str; 5] = ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0"];
/// The branches that took the same number.
pub const BRANCHES: [&str; 2] = ["pressure", "material"];

/// The two repositories.
pub struct Sample {
    /// The bare one, that is pushed to.
    pub bare: PathBuf,
    /// The clone, with `main` checked out at the newest release.
    pub clone: PathBuf,
}

impl Sample {
    /// Makes both below a directory.
    pub fn create(below: &Path) -> Sample {
        let sample = Sample { bare: below.join("upstream.git"), clone: below.join("clone") };
        git(below, &["init", "-q", "--bare", "-b", "main", "upstream.git"], None);
        git(&sample.bare, &["fast-import", "--quiet", "--force"], Some(&history()));
        git(below, &["clone", "-q", "upstream.git", "clone"], None);
        sample
    }

    /// Runs git in the clone; gives what it prints.
    pub fn git(&self, arguments: &[&str]) -> String {
        git(&self.clone, arguments, None)
    }

    /// Writes a file of the clone.
    pub fn file(&self, path: &str, content: &str) {
        let place = self.clone.join(path);
        std::fs::create_dir_all(place.parent().expect("parent")).expect("directories");
        std::fs::write(place, content).expect("file");
    }

    /// Commits everything in the clone.
    pub fn commit(&self, subject: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "--no-verify", "-m", subject]);
    }
}

/// git as everybody has it: nobody's configuration, an identity.
pub fn git_command(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(directory);
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "Ada"),
        ("GIT_AUTHOR_EMAIL", "ada@example.org"),
        ("GIT_COMMITTER_NAME", "Ada"),
        ("GIT_COMMITTER_EMAIL", "ada@example.org"),
        ("LC_ALL", "C.UTF-8"),
    ] {
        command.env(name, value);
    }
    command
}

fn git(directory: &Path, arguments: &[&str], input: Option<&[u8]>) -> String {
    let mut command = git_command(directory);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("git");
    // Where git ends before it has read everything, it says why.
    let _ = child.stdin.take().expect("stdin").write_all(input.unwrap_or_default());
    let output = child.wait_with_output().expect("git");
    assert!(
        output.status.success(),
        "git {arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

/// The files of a commit.
type Files = BTreeMap<String, String>;

/// The model, from which its files are written.
#[derive(Clone, Default)]
struct Model {
    tables: BTreeMap<String, Table>,
    functions: Vec<String>,
    triggers: Vec<String>,
    views: Vec<String>,
}

#[derive(Clone, Default)]
struct Table {
    columns: Vec<String>,
    after: Vec<String>,
}

impl Model {
    /// The one of the first release.
    fn first() -> Model {
        let mut model = Model::default();
        for number in 1..=TABLES - DELTAS / 10 {
            model.tables.insert(name(number), table(number));
        }
        model.functions.push(function("touch", "new.name := btrim(new.name); return new;"));
        for number in 1..=6 {
            model.views.push(view(number));
        }
        for number in 1..=4 {
            model.triggers.push(trigger(number));
        }
        model
    }

    fn files(&self) -> Files {
        let mut files = Files::from([
            ("pum.yaml".to_owned(), CONFIGURATION.to_owned()),
            ("README.md".to_owned(), "# The water supply\n".to_owned()),
            (
                "model/10_schema.sql".to_owned(),
                "create schema water;\ncreate schema water_sys;\ngrant usage on schema water to sample_viewer;\n".to_owned(),
            ),
            ("model/30_functions.sql".to_owned(), self.functions.concat()),
            ("model/40_triggers.sql".to_owned(), self.triggers.concat()),
            ("model/50_views.sql".to_owned(), self.views.concat()),
        ]);
        for (name, table) in &self.tables {
            let columns = table.columns.join(",\n    ");
            let after = table.after.concat();
            files.insert(
                format!("model/20_{name}.sql"),
                format!("create table water.{name} (\n    {columns}\n);\n{after}"),
            );
        }
        files
    }

    fn table(&mut self, number: usize) -> &mut Table {
        self.tables.get_mut(&name(number)).expect("table")
    }

    /// Changes the model, and gives the title and the SQL of the delta that does the same to a database.
    fn change(&mut self, number: usize) -> (String, String) {
        let round = number / 10;
        let at = number + 1;
        let table = name(at);
        match number % 10 {
            0 => {
                let new = TABLES - DELTAS / 10 + 1 + round;
                let (name, table) = (name(new), self::table(new));
                let sql = format!(
                    "create table water.{name} (\n    {}\n);\n{}",
                    table.columns.join(",\n    "),
                    table.after.concat()
                );
                self.tables.insert(name.clone(), table);
                (format!("table_{name}"), sql)
            }
            1 => {
                self.table(at).columns.push(format!("laid_{number} date"));
                (
                    format!("laid_in_{table}"),
                    format!("alter table water.{table} add column laid_{number} date;\n"),
                )
            }
            2 => {
                let sql = format!("create index {table}_size_{number} on water.{table} (size, name);\n");
                self.table(at).after.push(sql.clone());
                (format!("index_of_{table}"), sql)
            }
            3 => {
                let check = format!("{table}_positive_{number} check (size > 0)");
                self.table(at).columns.push(format!("constraint {check}"));
                (format!("positive_{table}"), format!("alter table water.{table} add constraint {check};\n"))
            }
            4 => {
                let sql =
                    function(&format!("volume_{number}"), "new.size := coalesce(new.size, 0); return new;");
                self.functions.push(sql.clone());
                (format!("volume_{number}"), sql)
            }
            5 => {
                let sql = format!("comment on table water.{table} is 'changed by {number}';\n");
                self.table(at).after.push(sql.clone());
                (format!("comment_{table}"), sql)
            }
            6 => {
                let sql = format!("grant select on water.{table} to sample_viewer;\n");
                self.table(at).after.push(sql.clone());
                (format!("grant_{table}"), sql)
            }
            7 => {
                let column = self.table(at).columns.iter_mut().find(|column| column.starts_with("note "));
                "note text default 'none'".clone_into(column.expect("column"));
                (
                    format!("note_of_{table}"),
                    format!(
                        "alter table water.{table} alter column note type text;\nalter table water.{table} alter column note set default 'none';\n"
                    ),
                )
            }
            8 => {
                let sql = trigger(at);
                self.triggers.push(sql.clone());
                (format!("trigger_{table}"), sql)
            }
            _ => {
                let sql = view(at);
                self.views.push(sql.clone());
                (format!("view_of_{table}"), sql)
            }
        }
    }
}

const CONFIGURATION: &str = "\
upgrades_table: water_sys.upgrades
delta_dirs: [delta]
model: {sql: ['model/*.sql']}
releases: ['v{version}']
";

fn name(number: usize) -> String {
    format!("t_{number:02}")
}

fn table(number: usize) -> Table {
    let name = name(number);
    let mut table = Table {
        columns: vec![
            "id integer primary key".to_owned(),
            "name text not null".to_owned(),
            "size numeric(10, 2)".to_owned(),
            "note varchar(100)".to_owned(),
        ],
        after: vec![format!("create index {name}_name on water.{name} (name);\n")],
    };
    if number > 1 {
        let before = self::name(number - 1);
        table.columns.push(format!("parent integer constraint {name}_parent references water.{before} (id)"));
    }
    table
}

fn function(name: &str, body: &str) -> String {
    format!(
        "create function water.{name}() returns trigger language plpgsql as $$\nbegin\n    {body}\nend\n$$;\n"
    )
}

fn trigger(number: usize) -> String {
    let name = name(number);
    format!(
        "create trigger {name}_touch before insert or update on water.{name}\n    for each row execute function water.touch();\n"
    )
}

fn view(number: usize) -> String {
    let name = name(number);
    format!(
        "create view water.vw_{name} as select id, name, size from water.{name} where size is not null;\n"
    )
}

/// The version of a delta: nine patches of a release, then the next one itself.
pub fn version(number: usize) -> String {
    let (minor, patch) = (number / 10, number % 10 + 1);
    if patch == 10 { format!("1.{}.0", minor + 1) } else { format!("1.{minor}.{patch}") }
}

/// The whole history as `git fast-import` reads it.
fn history() -> Vec<u8> {
    let mut stream = Stream::default();
    let mut model = Model::first();
    let mut files = model.files();
    files.insert("delta/README.md".to_owned(), "The deltas, by version.\n".to_owned());
    stream.commit("main", None, "the model of the first release", &files);
    stream.tag(RELEASES[0], "main");
    for number in 0..DELTAS {
        let (title, sql) = model.change(number);
        let delta = format!("delta/delta_{}_{title}.sql", version(number));
        let deltas: Files = files.into_iter().filter(|(path, _)| path.starts_with("delta/")).collect();
        files = model.files();
        files.extend(deltas);
        files.insert(delta, sql);
        stream.commit("main", Some("main"), &title, &files);
        if number % 10 == 9 {
            stream.tag(RELEASES[(number + 1) / 10], "main");
        }
    }
    for (index, title) in BRANCHES.into_iter().enumerate() {
        let (mut model, mut files) = (model.clone(), files.clone());
        let table = name(10 + index);
        model.table(10 + index).columns.push(format!("{title} text"));
        files.extend(model.files());
        files.insert(
            format!("delta/delta_1.4.1_{title}.sql"),
            format!("alter table water.{table} add column {title} text;\n"),
        );
        stream.commit(title, Some("main"), title, &files);
    }
    stream.0.into_bytes()
}

/// A stream for `git fast-import`.
#[derive(Default)]
struct Stream(String);

impl Stream {
    /// A commit of these files and no others, each a second after the one before.
    fn commit(&mut self, branch: &str, from: Option<&str>, subject: &str, files: &Files) {
        let time = 1_700_000_000 + self.0.len();
        let text = &mut self.0;
        write!(
            text,
            "commit refs/heads/{branch}\ncommitter Ada <ada@example.org> {time} +0000\ndata {}\n{subject}\n",
            subject.len()
        )
        .expect("text");
        // A branch goes on from itself without being told.
        if let Some(from) = from.filter(|from| *from != branch) {
            writeln!(text, "from refs/heads/{from}").expect("text");
        }
        text.push_str("deleteall\n");
        for (path, content) in files {
            write!(text, "M 100644 inline {path}\ndata {}\n{content}\n", content.len()).expect("text");
        }
        text.push('\n');
    }

    fn tag(&mut self, name: &str, branch: &str) {
        write!(self.0, "tag {name}\nfrom refs/heads/{branch}\ntagger Ada <ada@example.org> 1700000000 +0000\ndata {}\n{name}\n", name.len())
            .expect("text");
    }
}
