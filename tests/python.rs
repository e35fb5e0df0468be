//! Python deltas, run by a real Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use pum::error::Kind;
use pum::progress::{Cancel, Event, Progress, Silent};
use pum::python::{Invocation, run};
use serde_json::json;
use tempfile::TempDir;

/// Keeps the lines of output, prefixed by who wrote them, and the warnings.
#[derive(Default)]
struct Lines {
    lines: Mutex<Vec<String>>,
    cancel_at: Option<(&'static str, Cancel)>,
}

impl Progress for Lines {
    fn event(&self, event: &Event<'_>) {
        let line = match event {
            Event::Output { source, line } => format!("{source}: {line}"),
            Event::Warning { text } => format!("warning: {text}"),
            Event::Waiting { text } => format!("waiting for {text}"),
            _ => return,
        };
        if let Some((text, cancel)) = &self.cancel_at
            && line.contains(text)
        {
            cancel.request();
        }
        self.lines.lock().unwrap().push(line);
    }
}

/// A delta directory with one delta in it.
struct Delta {
    directory: TempDir,
    file: PathBuf,
    python: PathBuf,
    service_file: Option<&'static str>,
}

impl Delta {
    fn new(text: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("delta_1.3.0_fill.py");
        fs::write(&file, text).unwrap();
        let python = std::env::var_os("PUM_TEST_PYTHON").map_or_else(|| "python3".into(), PathBuf::from);
        Delta { directory, file, python, service_file: None }
    }

    /// A delta with this body of `run`.
    fn body(body: &str) -> Self {
        let body = body.replace('\n', "\n        ");
        Delta::new(&format!(
            "from pum.core.deltapy import DeltaPy\nclass Fill(DeltaPy):\n    def run(self):\n        {body}\n"
        ))
    }

    fn run(&self, progress: &dyn Progress, cancel: &Cancel) -> pum::Result<()> {
        let variables = json!({"SRID": 2056, "FACTOR": 0.5, "NAME": "l'été"});
        let invocation = Invocation {
            python: &self.python,
            file: &self.file,
            module: "fill",
            current_version: "1.10.0",
            delta_dir: self.directory.path(),
            delta_dirs: &[self.directory.path().to_path_buf(), "other".into()],
            service: "pg_test",
            service_file: self.service_file,
            environment: &[("PUM_TEST_MARK".into(), "seen".into())],
            upgrades_table: "sys.info",
            variables: variables.as_object().unwrap(),
        };
        run(&invocation, progress, cancel)
    }

    /// The lines that it prints, when it ends well.
    fn lines(&self) -> Vec<String> {
        let lines = Lines::default();
        self.run(&lines, &Cancel::default()).unwrap();
        lines.lines.into_inner().unwrap()
    }

    fn error(&self) -> pum::Error {
        self.run(&Silent, &Cancel::default()).unwrap_err()
    }
}

fn note<'a>(error: &'a pum::Error, label: &str) -> &'a str {
    error.notes.iter().find(|(name, _)| name == label).map_or("", |(_, text)| text)
}

fn processes_with(mark: &str) -> usize {
    let command_line = |entry: fs::DirEntry| fs::read(entry.path().join("cmdline")).ok();
    let lines = fs::read_dir("/proc").unwrap().flatten().filter_map(command_line);
    lines.filter(|line| String::from_utf8_lossy(line).contains(mark)).count()
}

#[test]
fn a_delta_is_told_where_it_runs() {
    let delta = Delta::body(
        "import os\n\
         self.write_message((self.pg_service, self.upgrades_table, self.delta_dirs[1], len(self.delta_dirs)))\n\
         print(sorted(self.variables.items()), str(self.current_db_version))\n\
         print(self.delta_dir == os.path.dirname(__file__) + os.sep, __name__, os.environ['PUM_TEST_MARK'])",
    );
    assert_eq!(
        delta.lines(),
        [
            "delta_1.3.0_fill.py: ('pg_test', 'sys.info', 'other', 2)",
            "delta_1.3.0_fill.py: [('FACTOR', 0.5), ('NAME', \"l'été\"), ('SRID', 2056)] 1.10.0",
            "delta_1.3.0_fill.py: True fill seen",
        ]
    );
}

#[test]
fn every_subclass_runs_in_the_order_of_names() {
    let delta = Delta::new(
        "from pum.core.deltapy import DeltaPy\nfrom helpers_of_delta import Beta\n\
         class Gamma(DeltaPy):\n    def run(self): print('gamma')\n\
         class Alpha(Gamma):\n    def run(self): print('alpha')\n\
         class Other: pass\n",
    );
    let helper =
        "from pum.core.deltapy import DeltaPy\nclass Beta(DeltaPy):\n    def run(self): print('beta')\n";
    fs::write(delta.directory.path().join("helpers_of_delta.py"), helper).unwrap();
    assert_eq!(
        delta.lines(),
        ["delta_1.3.0_fill.py: alpha", "delta_1.3.0_fill.py: beta", "delta_1.3.0_fill.py: gamma"]
    );
    assert_eq!(fs::read_dir(delta.directory.path()).unwrap().count(), 2, "no __pycache__ beside the deltas");
}

#[test]
fn output_of_the_delta_and_its_programs_comes_in_order() {
    let delta = Delta::body(
        "import subprocess, sys\n\
         print('one')\n\
         subprocess.check_call('echo two; echo three >&2', shell=True)\n\
         sys.stderr.write('four\\r\\n')\n\
         print('fünf', end='')",
    );
    let lines = delta.lines();
    let texts: Vec<_> = lines.iter().map(|line| line.rsplit_once(' ').unwrap().1).collect();
    assert_eq!(texts, ["one", "two", "three", "four", "fünf"]);
}

#[test]
fn the_version_compares_as_numbers_with_every_kind_of_version() {
    let delta = Delta::body(
        "version = self.current_db_version\n\
         class Foreign(object):\n\
         \x20   def __init__(self, text): self.text = text\n\
         \x20   def __str__(self): return self.text\n\
         \x20   def compare(self, other): return NotImplemented\n\
         \x20   __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = compare\n\
         for kind in (str, Foreign):\n\
         \x20   assert version > kind('1.9.0') and kind('1.9.0') < version and not version <= kind('1.9.0')\n\
         \x20   assert version == kind('1.10.0') and kind('1.10') == version and version != kind('1.9.0')\n\
         \x20   assert version > kind('1.10.0rc1') and version < kind('1.10.0.post1') and version >= kind('1.10')\n\
         assert version != None and version.release == (1, 10, 0) and version.minor == 10\n\
         try:\n\
         \x20   import pkg_resources\n\
         \x20   assert version > pkg_resources.parse_version('1.2.8')\n\
         \x20   assert pkg_resources.parse_version('1.10.0') == version\n\
         \x20   pum = pkg_resources.get_distribution('pum').parsed_version\n\
         \x20   assert pum >= pkg_resources.parse_version('0.10.0')\n\
         except ImportError: pass\n\
         try:\n\
         \x20   import packaging.version\n\
         \x20   assert packaging.version.parse('1.9.0') < version < packaging.version.parse('1.10.1')\n\
         \x20   assert packaging.version.parse(version) == version\n\
         except ImportError: pass\n\
         import importlib.metadata\n\
         print(importlib.metadata.version('pum'))",
    );
    let release = env!("CARGO_PKG_VERSION").split('-').next().unwrap();
    assert_eq!(delta.lines().last().unwrap(), &format!("delta_1.3.0_fill.py: {release}"));
}

#[test]
fn an_exception_is_told_with_its_line_in_the_file() {
    let delta = Delta::body("self.help()\n\ndef help(self):\n    raise ValueError('no pipes\\nat all')");
    // `help` became a local function: make it a method.
    let text = fs::read_to_string(&delta.file).unwrap().replace("        def help", "    def help");
    fs::write(&delta.file, text).unwrap();
    let error = delta.error();
    assert_eq!(error.kind, Kind::Failed);
    assert_eq!(error.message, "delta_1.3.0_fill.py: ValueError: no pipes");
    let excerpt = error.excerpt.as_ref().unwrap();
    assert_eq!(excerpt.line_column(), (7, 13));
    assert_eq!(&excerpt.text[excerpt.range.clone()], "raise ValueError('no pipes\\nat all')");
    let traceback = note(&error, "traceback");
    assert!(traceback.contains("line 4, in run"), "{traceback}");
    assert!(traceback.ends_with("ValueError: no pipes\nat all"), "{traceback}");
    assert!(!traceback.contains("run.py"), "only the delta's own frames: {traceback}");
}

#[test]
fn the_error_of_a_program_shows_what_it_had_printed() {
    let error =
        Delta::body("import subprocess\nsubprocess.check_output('echo refused; exit 3', shell=True)").error();
    assert_eq!(note(&error, "output"), "refused");
    assert_eq!(error.excerpt.unwrap().line_column().0, 5);
}

#[test]
fn a_syntax_error_is_told_with_its_line() {
    let error = Delta::new("# é\nx = 1\ndef broken(:\n").error();
    assert!(error.message.starts_with("delta_1.3.0_fill.py: SyntaxError: "), "{}", error.message);
    assert_eq!(error.excerpt.unwrap().line_column(), (3, 1));
}

#[test]
fn a_missing_module_is_told_with_what_to_install() {
    let error = Delta::new("import psycopg2_of_nobody.extras\n").error();
    assert_eq!(error.excerpt.as_ref().unwrap().line_column().0, 1);
    assert!(error.hints[0].contains("-m pip install psycopg2_of_nobody"), "{:?}", error.hints);
    assert!(error.hints[0].contains("python_exe in pum.yaml"), "{:?}", error.hints);
    let error = Delta::new("import pum.core.nothing_like_it\n").error();
    assert!(error.hints[0].contains("pip install 'pum<1'"), "{:?}", error.hints);
}

#[test]
fn leaving_the_process_is_a_failure() {
    let cases = [
        ("import sys\nsys.exit(0)", "delta_1.3.0_fill.py called sys.exit(0)"),
        ("import sys\nsys.exit('enough')", "delta_1.3.0_fill.py called sys.exit(enough)"),
        ("import os\nos.kill(os.getpid(), 9)", "delta_1.3.0_fill.py was killed by signal 9"),
    ];
    for (body, message) in cases {
        let error = Delta::body(body).error();
        assert_eq!((error.kind, error.message.as_str()), (Kind::Failed, message));
    }
    let error = Delta::body("import os\nos._exit(0)").error();
    assert!(error.message.contains("ended with code 0 before delta_1.3.0_fill.py was done"), "{error}");
}

#[test]
fn a_file_without_a_class_is_warned_about() {
    assert_eq!(
        Delta::new("print('no class')\n").lines(),
        [
            "delta_1.3.0_fill.py: no class",
            "warning: delta_1.3.0_fill.py defines no class of DeltaPy: nothing ran"
        ]
    );
}

#[test]
fn a_python_that_is_not_there_is_named() {
    let mut delta = Delta::body("pass");
    delta.python = "/nowhere/python3".into();
    let error = delta.error();
    assert_eq!(error.message, "Python deltas need Python, and there is no /nowhere/python3");
    assert!(error.hints[0].contains("python_exe"), "{:?}", error.hints);
}

#[test]
fn a_delta_without_standard_input_does_not_wait_for_any() {
    let error = Delta::body("input()").error();
    assert!(error.message.contains("EOFError"), "{error}");
}

#[test]
fn the_service_file_is_private_and_goes_with_the_delta() {
    let mut delta = Delta::body(
        "import os\n\
         path = os.environ['PGSERVICEFILE']\n\
         print(path, oct(os.stat(path).st_mode & 0o777), open(path).read())",
    );
    delta.service_file = Some("[pg_test]");
    let lines = delta.lines();
    let words: Vec<_> = lines[0].split(' ').collect();
    assert_eq!(words[2..], ["0o600", "[pg_test]"]);
    assert!(!Path::new(words[1]).parent().unwrap().exists());
}

#[test]
fn cancelling_interrupts_the_delta_and_all_that_it_started() {
    let mark = format!("4{}.25", std::process::id());
    let ignoring = format!(
        "import subprocess\n\
         print('started')\n\
         subprocess.Popen(['sh', '-c', 'trap \"\" INT; sleep {mark}'])\n\
         subprocess.check_call(['sleep', '{mark}'])"
    );
    let cancel = Cancel::default();
    let lines = Lines { cancel_at: Some(("started", cancel.clone())), ..Lines::default() };
    let begin = Instant::now();
    let error = Delta::body(&ignoring).run(&lines, &cancel).unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (Kind::Interrupted, "delta_1.3.0_fill.py was interrupted")
    );
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    while processes_with(&mark) > 0 {
        assert!(begin.elapsed() < Duration::from_secs(10), "a program survived");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_program_left_behind_is_waited_for_and_said() {
    let delta = Delta::body("import subprocess\nsubprocess.Popen('sleep 1.5; echo late', shell=True)");
    assert_eq!(
        delta.lines(),
        [
            "waiting for programs that delta_1.3.0_fill.py started and that still run",
            "delta_1.3.0_fill.py: late"
        ]
    );
}
