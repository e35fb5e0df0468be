//! `check --interactive`, on a pseudo-terminal.

use std::time::{Duration, Instant};

use rexpect::session::PtySession;

use crate::support::{Database, Project, database, pum_command};

const DOWN: &str = "\x1b[B";
const ESC: &str = "\x1b";
const CTRL_C: &str = "\x03";

/// A check on a terminal.
struct Dialogue {
    session: PtySession,
    /// What was seen so far.
    seen: String,
    project: std::path::PathBuf,
}

impl Dialogue {
    fn start(pair: &Pair, columns: u32) -> Dialogue {
        Dialogue::with(pair, columns, &["--interactive"])
    }

    fn with(pair: &Pair, columns: u32, words: &[&str]) -> Dialogue {
        let pum = pum_command();
        let mut shell = std::process::Command::new("sh");
        // The terminal's state is kept, to see whether it is the same afterwards.
        let script = format!(
            "echo $$ > shell; stty cols {columns} rows 24; stty -g > before; trap : INT; \"$@\"; code=$?; stty -g > after; exit $code"
        );
        shell.args(["-c", &script, "sh"]).arg(pum.get_program());
        shell.args(["check", "-p1", pair.first.uri(), "-p2", pair.second.uri()]).args(words);
        shell.env_clear().envs(pum.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.env("TERM", "xterm").env("PAGER", "cat").current_dir(pair.project.path());
        let session = rexpect::session::spawn_command(shell, Some(20_000)).expect("terminal");
        Dialogue { session, seen: String::new(), project: pair.project.path().to_owned() }
    }

    /// Waits for a text, and gives what stood before it.
    fn see(&mut self, text: &str) -> String {
        let before = match self.session.exp_string(text) {
            Ok(before) => utf8(&before),
            Err(error) => panic!("no {text:?}: {error}\nseen before: {}", self.seen),
        };
        self.seen.push_str(&before);
        self.seen.push_str(text);
        before
    }

    fn press(&mut self, keys: &str) {
        self.session.send(keys).expect("keys");
        self.session.flush().expect("keys");
    }

    /// Waits for the end: the exit code. The terminal is as it was.
    fn end(mut self) -> (i32, String) {
        self.seen.push_str(&utf8(&self.session.exp_eof().expect("end")));
        let status = self.session.process().wait().expect("status");
        let read =
            |name: &str| std::fs::read_to_string(self.project.join(name)).expect("state of the terminal");
        assert_eq!(read("before"), read("after"));
        assert!(!self.seen.contains("\x1b[?25l"), "the cursor is hidden: {:?}", self.seen);
        match status {
            rexpect::process::WaitStatus::Exited(_, code) => (code, self.seen),
            other => panic!("{other:?}\n{}", self.seen),
        }
    }
}

/// rexpect takes each byte for a character.
fn utf8(bytes: &str) -> String {
    let bytes: Vec<u8> = bytes.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

struct Pair {
    first: Database,
    second: Database,
    project: Project,
}

impl Pair {
    fn new(both: &str, more: &str) -> Pair {
        let pair = Pair { first: database(), second: database(), project: Project::new() };
        pair.first.sql(both);
        pair.second.sql(both);
        pair.second.sql(more);
        pair
    }

    /// Four differences in two groups.
    fn small() -> Pair {
        Pair::new(
            "create schema app; create table app.pipe (id integer, material text); create table app.vl_a ();
             create table app.vl_b ()",
            "alter table app.pipe alter material type varchar(9), alter material set not null;
             alter table app.vl_a add note text; alter table app.vl_b add note text;
             create view app.\"V.*\" as select 1 as a",
        )
    }

    fn text(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.project.path().join(file)).ok()
    }

    fn has_no_rules(&self) -> bool {
        self.text("pum.ignore.yaml").is_none()
            && self.text("pum.ignore.local.yaml").is_none()
            && self.text(".gitignore").is_none()
    }
}

/// Every question, and the keys that answer it.
const QUESTIONS: [(&str, &str); 8] = [
    ("> [ ] columns in app: 3", " \r"),
    ("> [ ] ~ column material on table app.pipe: type, not null", " \x1b[B \r"),
    ("> this object, with what hangs on it", "\x1b[B\r"),
    ("2 of 2: + column note on table app.vl_a", "\x1b[B\r"),
    ("> vl_a.note", "\x7f\x7f\x7f\x7f\x7f\x7f*.note\r"),
    ("Reason, one line", "this site's own\r"),
    ("> pum.ignore.yaml", "\r"),
    ("Write? [y/N]", "y"),
];

#[test]
fn rules_are_chosen_shown_and_written_and_the_check_is_shown_again() {
    let pair = Pair::small();
    pair.project.file("pum.ignore.yaml", "# ours\n- element: views   # all of them\n");
    let mut dialogue = Dialogue::start(&pair, 100);
    for (question, keys) in QUESTIONS {
        dialogue.see(question);
        dialogue.press(keys);
    }
    dialogue.see("differ: 1 difference in 1 object");
    dialogue.see("4 differences are ignored by rules");
    dialogue.see("not null:");
    let (code, seen) = dialogue.end();
    assert_eq!(code, 1, "{seen}");
    insta::assert_snapshot!(pair.text("pum.ignore.yaml").unwrap(), @r"
    # ours
    - element: views   # all of them
    - element: columns
      schema: app
      name: pipe.material
      attribute: type
      reason: this site's own
    - element: columns
      schema: app
      name: vl_*.note
      only: second
      reason: this site's own
    ");
    assert!(seen.contains("2 rules for pum.ignore.yaml; 1 of 3 differences is left:"), "{seen}");
}

#[test]
fn a_terminal_is_told_that_it_can_choose_unless_there_is_nothing_to_choose_from() {
    let pair = Pair::small();
    let told =
        |words: &[&str]| console::strip_ansi_codes(&Dialogue::with(&pair, 100, words).end().1).into_owned();
    assert!(told(&[]).contains("hint: --interactive chooses what to ignore"), "{}", told(&[]));
    assert!(!told(&["-q"]).contains("hint"));
    pair.project.file("pum.ignore.yaml", "- schema: app\n");
    assert!(!told(&[]).contains("hint"));
    assert!(told(&["--interactive"]).contains("are equal"));
}

#[test]
fn esc_leaves_every_question_and_nothing_is_written() {
    for at in 0..QUESTIONS.len() {
        let pair = Pair::small();
        let mut dialogue = Dialogue::start(&pair, 100);
        for (question, keys) in &QUESTIONS[..at] {
            dialogue.see(question);
            dialogue.press(keys);
        }
        dialogue.see(QUESTIONS[at].0);
        dialogue.press(ESC);
        dialogue.see("no rule was written");
        let (code, seen) = dialogue.end();
        assert_eq!(code, 1, "{seen}");
        assert!(pair.has_no_rules(), "{}", QUESTIONS[at].0);
    }
}

#[test]
fn ctrl_c_interrupts_every_question_and_nothing_is_written() {
    for at in 0..QUESTIONS.len() {
        let pair = Pair::small();
        let mut dialogue = Dialogue::start(&pair, 100);
        for (question, keys) in &QUESTIONS[..at] {
            dialogue.see(question);
            dialogue.press(keys);
        }
        dialogue.see(QUESTIONS[at].0);
        dialogue.press(CTRL_C);
        let (code, seen) = dialogue.end();
        assert_eq!(code, 130, "{seen}");
        assert!(seen.contains("interrupted") && seen.contains("no rule was written"), "{seen}");
        assert!(pair.has_no_rules(), "{}", QUESTIONS[at].0);
    }
}

#[test]
fn a_signal_from_outside_ends_it_with_the_terminal_in_order() {
    let pair = Pair::small();
    let mut dialogue = Dialogue::start(&pair, 100);
    dialogue.see("> [ ] columns in app: 3");
    let shell = pair.text("shell").unwrap();
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", shell.trim()));
    let pid: i32 = children.expect("children").trim().parse().expect("one child");
    let pid = rustix::process::Pid::from_raw(pid).expect("pid");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("signal");
    let (code, seen) = dialogue.end();
    // That of SIGTERM, or that of the SIGINT that a broken read makes of it.
    assert!(matches!(code, 130 | 143), "{code}: {seen}");
    assert!(pair.has_no_rules());
}

#[test]
fn marking_nothing_and_saying_no_write_nothing() {
    let pair = Pair::small();
    let mut dialogue = Dialogue::start(&pair, 100);
    dialogue.see("> [ ] columns in app: 3");
    dialogue.press("\r");
    dialogue.see("no rule was written");
    assert_eq!(dialogue.end().0, 1);
    let mut dialogue = Dialogue::start(&pair, 100);
    for (question, keys) in &QUESTIONS[..7] {
        dialogue.see(question);
        dialogue.press(keys);
    }
    dialogue.see("Write? [y/N]");
    dialogue.press("\r");
    dialogue.see("no rule was written");
    assert_eq!(dialogue.end().0, 1);
    assert!(pair.has_no_rules());
}

#[test]
fn names_that_mean_something_in_patterns_are_quoted_and_a_wrong_pattern_is_asked_again() {
    let pair = Pair::small();
    let mut dialogue = Dialogue::start(&pair, 100);
    dialogue.see("columns in app: 3");
    dialogue.press(&format!("{DOWN} \r"));
    dialogue.see("+ view app.\"V.*\"");
    dialogue.press(" \r");
    dialogue.see("> this object");
    dialogue.press(&format!("{DOWN}\r"));
    dialogue.see("> \"V.*\"");
    dialogue.press("\x7f\r");
    dialogue.see("a double quote is not closed");
    dialogue.press("\"\r");
    dialogue.see("Reason");
    // A reason must be given.
    dialogue.press("  \r");
    dialogue.see("a rule needs a reason");
    dialogue.press("reports\r");
    dialogue.see("> pum.ignore.yaml");
    dialogue.press("\r");
    dialogue.see("Write?");
    dialogue.press("y");
    dialogue.see("1 difference is ignored");
    assert_eq!(dialogue.end().0, 1);
    let text = pair.text("pum.ignore.yaml").unwrap();
    assert!(text.contains("  name: '\"V.*\"'\n  only: second\n  reason: reports\n"), "{text}");
}

#[test]
fn this_sites_file_is_kept_from_git_when_wanted() {
    let pair = Pair::small();
    git2::Repository::init(pair.project.path()).unwrap();
    pair.project.file(".gitignore", "before");
    pair.project.file(".git/info/exclude", "/after\n");
    let mut dialogue = Dialogue::start(&pair, 100);
    dialogue.see("columns in app: 3");
    dialogue.press("a\r");
    dialogue.see("> [ ]");
    dialogue.press("a\r");
    dialogue.see("each of the 4 left: the object");
    dialogue.press(&format!("{}\r", "\x1b[A".repeat(2)));
    dialogue.see("Reason");
    dialogue.press("ours\r");
    dialogue.see("> pum.ignore.yaml");
    dialogue.press(&format!("{DOWN}\r"));
    dialogue.see("git does not ignore pum.ignore.local.yaml");
    dialogue.see("Add it to .gitignore? [y/N]");
    dialogue.press("y");
    dialogue.see("Write? [y/N]");
    dialogue.press("y");
    dialogue.see("are equal");
    assert_eq!(dialogue.end().0, 0);
    assert_eq!(pair.text(".gitignore").unwrap(), "before\n/pum.ignore.local.yaml\n");
    let rules = pair.text("pum.ignore.local.yaml").unwrap();
    assert_eq!(rules.matches("\n- ").count(), 4, "{rules}");
    assert!(pair.text("pum.ignore.yaml").is_none());
}

/// The lines of what was drawn, without what moves the cursor.
fn widest_line(drawn: &str) -> usize {
    let plain = console::strip_ansi_codes(drawn);
    plain.split(['\n', '\r']).map(console::measure_text_width).max().unwrap_or_default()
}

#[test]
fn a_terminal_of_forty_columns_shows_whole_what_is_under_the_cursor() {
    let pair = Pair::new(
        "create schema app; create table app.a_table_with_a_name_that_is_longer_than_forty_columns (a integer)",
        "alter table app.a_table_with_a_name_that_is_longer_than_forty_columns add first_column_of_them text,
            add second_column_of_them text",
    );
    let mut dialogue = Dialogue::start(&pair, 40);
    // The report before it is the terminal's to wrap.
    dialogue.see("Groups");
    let drawn = dialogue.see("columns in app: 2");
    assert!(widest_line(&drawn) < 40, "{drawn}");
    dialogue.press(" \r");
    dialogue.see("1 of 1 marked");
    dialogue.see("Esc leaves)\r\n");
    let drawn = dialogue.see("  [ ] + column second") + &dialogue.see("_columns\r\n");
    assert!(widest_line(&drawn) < 40, "{drawn}");
    let words: String = drawn.chars().filter(|c| c.is_alphanumeric() || *c == '_' || *c == '.').collect();
    assert!(
        words.contains(
            "columnfirst_column_of_themontableapp.a_table_with_a_name_that_is_longer_than_forty_columns"
        ),
        "{drawn}"
    );
    dialogue.press(&format!("{DOWN} \r"));
    dialogue.see("1 of 2 marked");
    dialogue.see("> this object");
    dialogue.press(&format!("{DOWN}\r"));
    dialogue.see("Esc");
    // The end of the line that is edited.
    let drawn = dialogue.see("second_column_of_them");
    assert!(widest_line(&drawn) < 40, "{drawn}");
    dialogue.press("\r");
    dialogue.see("Reason");
    dialogue.press("narrow\r");
    dialogue.see("> pum.ignore.yaml");
    dialogue.press("\r");
    dialogue.see("Write? [y/N]");
    dialogue.press("y");
    dialogue.see("1 difference is ignored");
    assert_eq!(dialogue.end().0, 1);
}

#[test]
fn three_thousand_differences_are_paged_and_drawn_at_once() {
    let pair = Pair::new(
        "create schema app",
        "do $$ begin for i in 1..3000 loop execute format('create table app.t_%s (a integer)', i); end loop; end $$",
    );
    let mut dialogue = Dialogue::start(&pair, 80);
    dialogue.see("> [ ] tables in app: 3000");
    dialogue.press(" \r");
    dialogue.see("[Page 1/");
    let drawn = dialogue.see("> [ ] + table app.t_1\r\n") + &dialogue.see("app.t_1014\r\n");
    assert!(drawn.lines().count() < 24, "{drawn}");
    let mut slowest = Duration::ZERO;
    for page in 2..40 {
        let began = Instant::now();
        dialogue.press("\x1b[C");
        dialogue.see(&format!("[Page {page}/"));
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < Duration::from_millis(500), "a page took {slowest:?}");
    dialogue.press("a\r");
    dialogue.see("3000 of 3000 marked");
    dialogue.see("each of the 3000 left: the object");
    dialogue.press("\x1b[A\x1b[A\r");
    dialogue.see("Reason");
    dialogue.press("many\r");
    dialogue.see("> pum.ignore.yaml");
    dialogue.press("\r");
    dialogue.see("Write? [y/N]");
    let began = Instant::now();
    dialogue.press("y");
    dialogue.see("3000 differences are ignored");
    assert_eq!(dialogue.end().0, 0);
    assert!(began.elapsed() < Duration::from_secs(10), "writing took {:?}", began.elapsed());
    assert_eq!(pair.text("pum.ignore.yaml").unwrap().matches("\n- ").count(), 3000);
}
