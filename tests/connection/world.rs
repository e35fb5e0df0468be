//! A home directory, an environment and a text to connect with; tried by the library and by psql.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use futures_util::StreamExt;
use pum::connection::{Environment, Parameters, establish};
use pum::shadow::Cluster;
use tempfile::TempDir;
use tokio_postgres::SimpleQueryMessage;

use crate::support::scratch;

/// What both are asked on the server: who, where, encrypted or not, and what the environment may set.
const QUESTION: &str = "select current_user, current_database(), coalesce(inet_server_port()::text, 'socket'), \
     (select ssl from pg_stat_ssl where pid = pg_backend_pid()), current_setting('DateStyle'), \
     current_setting('TimeZone'), current_setting('work_mem')";

/// Where a connection led, or why it did not.
pub type Verdict = Result<String, String>;

/// A case: everything that a connection depends on.
pub struct World {
    home: TempDir,
    text: String,
    variables: Vec<(String, String)>,
    replacements: Vec<(&'static str, String)>,
}

impl World {
    /// A text to connect with. `{port}` and `{socket}` stand for those of the cluster, `{home}` for the home directory;
    /// also in files and variables.
    pub fn new(cluster: &Cluster, text: &str) -> World {
        let home = TempDir::with_prefix_in("home-", scratch()).unwrap();
        let replacements = vec![
            ("{port}", cluster.port().to_string()),
            ("{socket}", cluster.socket_dir().display().to_string()),
            ("{socket%}", cluster.socket_dir().display().to_string().replace('/', "%2F")),
            ("{home}", home.path().display().to_string()),
        ];
        let mut world = World { home, text: String::new(), variables: Vec::new(), replacements };
        world.text = world.replaced(text);
        world.env("PGSYSCONFDIR", "{home}/etc")
    }

    fn replaced(&self, text: &str) -> String {
        let replace = |text: String, (name, value): &(&str, String)| text.replace(name, value);
        self.replacements.iter().fold(text.to_owned(), replace)
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: &str) -> World {
        let value = self.replaced(value);
        self.variables.push((name.to_owned(), value));
        self
    }

    /// Writes a file of the home directory.
    pub fn file(self, path: &str, mode: u32, contents: impl AsRef<[u8]>) -> World {
        let contents = contents.as_ref();
        let replaced = str::from_utf8(contents).map(|text| self.replaced(text).into_bytes());
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, replaced.unwrap_or(contents.to_owned())).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        self
    }

    /// Writes the service file.
    pub fn services(self, contents: impl AsRef<[u8]>) -> World {
        self.file(".pg_service.conf", 0o644, contents)
    }

    /// Writes the password file.
    pub fn passwords(self, contents: impl AsRef<[u8]>) -> World {
        self.file(".pgpass", 0o600, contents)
    }

    /// The home directory.
    pub fn path(&self) -> &Path {
        self.home.path()
    }

    /// The environment as the library takes it.
    pub fn environment(&self) -> Environment {
        let environment = Environment::new(Some(self.path().to_owned()), Some(&user()));
        self.variables.iter().fold(environment, |environment, (name, value)| environment.with(name, value))
    }

    /// The parameters as the library resolves them.
    pub fn resolve(&self) -> pum::Result<Parameters> {
        Parameters::resolve_with(&self.text, &self.environment())
    }

    /// Where the library gets.
    pub fn ours(&self) -> Verdict {
        connect(&self.resolve().map_err(|error| format!("{error:?}"))?)
    }

    /// Where psql gets.
    pub fn psqls(&self) -> Verdict {
        let mut command = Command::new(psql());
        command.env_clear().env("HOME", self.path()).envs(self.variables.iter().map(|(n, v)| (n, v)));
        if !self.text.is_empty() {
            let is_service = !self.text.contains('=') && !self.text.contains("://");
            let text = if is_service { format!("service='{}'", self.text) } else { self.text.clone() };
            command.args(["-d", &text]);
        }
        run_psql(command)
    }

    /// Both connect, to the same.
    #[track_caller]
    pub fn connects(&self) -> String {
        let psqls = self.psqls().unwrap_or_else(|error| panic!("psql refuses {}: {error}", self.text));
        let ours =
            self.ours().unwrap_or_else(|error| panic!("we refuse {}: {error}\npsql: {psqls}", self.text));
        assert_eq!(ours, psqls, "{}", self.text);
        ours
    }

    /// Both refuse.
    #[track_caller]
    pub fn fails(&self) -> String {
        let ours = self.ours();
        let psqls = self.psqls();
        assert!(psqls.is_err(), "psql connects with {}: {psqls:?}", self.text);
        ours.expect_err(&self.text)
    }

    /// Both do the same, whatever that is.
    #[track_caller]
    pub fn agrees(&self, what: &str) -> Verdict {
        let (ours, psqls) = (self.ours(), self.psqls());
        match (&ours, &psqls) {
            (Ok(left), Ok(right)) => assert_eq!(left, right, "{what}: {}", self.text),
            (Err(_), Err(_)) => {}
            _ => panic!("{what}: {}\nours: {ours:?}\npsql: {psqls:?}", self.text),
        }
        ours
    }
}

/// Runs psql with the question; never asks for a password.
pub fn run_psql(mut command: Command) -> Verdict {
    let output = command.args(["-XwAtq", "-c", QUESTION, "-c", "\\conninfo"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(error);
    }
    let (row, told) = text.split_once('\n').unwrap();
    Ok(format!(
        "{row}|{}",
        told.lines().next().unwrap().split(" on host ").last().map_or_else(String::new, place)
    ))
}

/// `"h" (address "a") at port "1".` or `… via socket in "/d" at port "1".` as `h:1`.
fn place(told: &str) -> String {
    let told = told.rsplit(" via socket in ").next().unwrap();
    let quoted = told.split('"').skip(1).step_by(2).collect::<Vec<_>>();
    format!("{}:{}", quoted[0], quoted[quoted.len() - 1].trim())
}

/// Where the library gets with these parameters.
pub fn connect(parameters: &Parameters) -> Verdict {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let refused = |error: pum::Error| format!("{error}\n{:?}\n{:?}", error.notes, error.hints);
    runtime.block_on(async {
        let link = establish(parameters, "psql").await.map_err(refused)?;
        let mut messages = link.messages;
        let drive = async {
            while let Some(message) = messages.next().await {
                message.unwrap();
            }
        };
        let ask = async {
            let answer = link.client.simple_query(QUESTION).await.unwrap();
            drop(link.client);
            answer
        };
        let (answer, ()) = futures_util::future::join(ask, drive).await;
        let row = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let row = row.unwrap();
        let columns = (0..row.len()).map(|column| row.get(column).unwrap_or_default()).collect::<Vec<_>>();
        let host = link.host;
        assert_eq!(link.encrypted, columns[3] == "t");
        Ok(format!("{}|{host}:{}", columns.join("|"), link.port))
    })
}

/// The real psql, not Debian's wrapper.
pub fn psql() -> PathBuf {
    crate::support::cluster().programs().path.with_file_name("psql")
}

/// The name of the user that the tests run as.
pub fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
