//! A project whose deltas leave marks, databases that are ready for it, and the question whether record and effects
//! agree.

use std::cell::RefCell;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use pum::shadow::Cluster;

use crate::support::{Client, Database, Ended, Project, Proxy, Running, cluster, pum};

/// How long an upgrade may take at most: it must never hang.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How many cases run at once.
const WORKERS: usize = 4;

/// The titles of the deltas of the project, in their order.
pub const TITLES: [&str; 3] = ["many", "copied", "block"];

/// Each makes a table of its title and writes its title into the ledger at its begin and at its end.
pub fn project() -> Project {
    let project = Project::new();
    project.delta("pre-all.sql", "insert into ledger values ('pre-all', 'ran');");
    project.delta(
        "delta_1.1.0_many.sql",
        "insert into ledger values ('many', 'first');\n\
         create table t_many (id int);\n\
         insert into t_many select generate_series(1, 10);\n\
         alter table t_many add column number int;\n\
         insert into ledger values ('many', 'last');\n",
    );
    project.delta(
        "delta_1.2.0_copied.sql",
        "create table t_copied (id int);\n\
         copy ledger from stdin;\ncopied\tfirst\ncopied\tlast\n\\.\n\
         comment on table t_copied is 'copied';\n",
    );
    project.delta(
        "delta_1.10.0_block.sql",
        "begin;\n\
         insert into ledger values ('block', 'first');\n\
         create table t_block (id int);\n\
         insert into ledger values ('block', 'last');\n\
         commit;\n",
    );
    project.delta("post-all.sql", "insert into ledger values ('post-all', 'ran');");
    project
}

/// A database at version 1.0.0 with an empty ledger, in which each case has a schema to itself: that is quicker than a
/// database each.
pub struct Ground(Database);

impl Ground {
    pub fn new() -> Ground {
        Ground::of(cluster())
    }

    /// In this cluster.
    pub fn of(cluster: &Cluster) -> Ground {
        let database = Database::create(cluster);
        database.sql("create table ledger (delta text, part text)");
        pum()
            .args(["baseline", "-p", database.uri(), "-t", "public.upgrades", "-d", ".", "-b", "1.0.0"])
            .assert()
            .success();
        Ground(database)
    }

    /// A copy in the shared cluster.
    pub fn copy(&self) -> Ground {
        Ground(self.0.copy(cluster()))
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.0
    }

    /// The database itself, as if it were one schema of many.
    pub fn whole(&self) -> Plot {
        Plot {
            name: "public".to_owned(),
            database: self.0.name().to_owned(),
            uri: self.0.uri().to_owned(),
            client: RefCell::default(),
        }
    }

    /// A fresh schema with an empty ledger, at version 1.0.0.
    pub fn plot(&self) -> Plot {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("plot_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.0.sql(&format!(
            "create schema {name};
             create table {name}.ledger (like ledger);
             create table {name}.upgrades (like upgrades including all);
             insert into {name}.upgrades select * from upgrades"
        ));
        Plot { name, ..self.whole() }
    }
}

/// What stands for a database of its own: everything there is unqualified, and `search_path` is given on connecting.
pub struct Plot {
    name: String,
    database: String,
    uri: String,
    /// What looks at it: a connection that stays, for one costs more than what it is asked.
    client: RefCell<Option<Client>>,
}

impl Plot {
    /// The connection to it.
    pub fn uri(&self) -> String {
        self.at(&self.uri)
    }

    /// The connection to it through a proxy.
    pub fn through(&self, proxy: &Proxy) -> String {
        self.at(&proxy.uri(&self.database))
    }

    fn at(&self, uri: &str) -> String {
        let name = &self.name;
        format!("{uri}&options=-csearch_path%3D{name}&application_name={name}")
    }

    /// Its schema, and the name of its applications.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The connection to it of somebody else than pum.
    pub fn uri_of(&self, whom: &str) -> String {
        self.uri().replace("application_name=", &format!("application_name={whom}%20of%20"))
    }

    /// Runs statements in one transaction, and gives the rows of the last one.
    pub fn query(&self, sql: &str) -> Vec<Vec<String>> {
        let mut client = self.client.borrow_mut();
        if let Some(open) = client.as_ref() {
            let rows = open.query(sql);
            // The server may have crashed since.
            if !open.is_closed() {
                return rows.expect(sql);
            }
        }
        client.insert(Client::connect(&self.uri_of("tests")).expect("a connection")).query(sql).expect(sql)
    }

    /// Runs statements in one transaction.
    pub fn sql(&self, sql: &str) {
        self.query(sql);
    }

    /// The one value that the statement gives; an empty text if it gives none.
    pub fn value(&self, sql: &str) -> String {
        self.query(sql).into_iter().flatten().next().unwrap_or_default()
    }

    /// Makes it as it was before the first upgrade.
    pub fn reset(&self) {
        self.sql(
            "delete from ledger; delete from upgrades where type <> 0;
             set client_min_messages = warning; drop table if exists t_many, t_copied, t_block, t_index",
        );
    }

    /// Of each delta: how often it is recorded, and how often each of its effects is there. One statement, and so one
    /// moment.
    pub fn marks(&self, titles: &[&str]) -> Vec<[usize; 4]> {
        let rows = self.query(&format!(
            "select (select count(*) from upgrades where description = title and success),
                    (select count(*) from ledger where delta = title and part = 'first'),
                    (select count(*) from ledger where delta = title and part = 'last'),
                    (select count(*) from pg_class where relname = 't_' || title
                     and relnamespace = current_schema()::regnamespace)
             from unnest(array['{}']) with ordinality as d(title, number) order by number",
            titles.join("', '")
        ));
        rows.iter().map(|row| std::array::from_fn(|column| row[column].parse().expect("a number"))).collect()
    }

    /// Waits until a process of this plot runs a query of which this is a part, and gives its number.
    pub fn wait_until_running(&self, query: &str) -> String {
        let began = Instant::now();
        loop {
            let pid = self.value(&format!(
                "select pid from pg_stat_activity where application_name = '{}' and state = 'active'
                 and datname = current_database() and query like '%{query}%' and pid <> pg_backend_pid()",
                self.name
            ));
            if !pid.is_empty() {
                return pid;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "nobody runs {query}");
            sleep(Duration::from_millis(10));
        }
    }

    /// Waits until nobody of this plot is connected.
    pub fn wait_until_left(&self, case: &str) {
        let others = format!(
            "select pid, state, query from pg_stat_activity where application_name = '{}'
             and datname = current_database() and pid <> pg_backend_pid()",
            self.name
        );
        let began = Instant::now();
        loop {
            let rows = self.query(&others);
            if rows.is_empty() {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{case}: still there: {rows:?}");
            sleep(Duration::from_millis(5));
        }
    }
}

/// `pum upgrade` of the project against this connection.
pub fn upgrade(project: &Project, uri: &str, options: &[&str]) -> Command {
    let mut command = project.command();
    command.args(["upgrade", "-p", uri, "-t", "upgrades", "-d", "delta"]).args(options);
    command
}

/// Runs an upgrade to its end.
pub fn run_upgrade(project: &Project, uri: &str, options: &[&str]) -> Ended {
    Running::start(&mut upgrade(project, uri, options)).wait(PATIENCE)
}

/// `the record exists ⇔ its effects exist`, for each delta, and none is there after one that is not. Gives how many
/// are there.
pub fn assert_consistent(plot: &Plot, case: &str) -> usize {
    let marks = plot.marks(&TITLES);
    let done = marks.iter().take_while(|mark| **mark == [1; 4]).count();
    assert!(
        marks[done..].iter().all(|mark| *mark == [0; 4]),
        "{case}: recorded, first, last, table: {marks:?}"
    );
    done
}

/// The next upgrade completes, and everything was applied exactly once.
pub fn assert_completes(project: &Project, plot: &Plot, options: &[&str], case: &str) {
    let ended = run_upgrade(project, &plot.uri(), options);
    assert_eq!(ended.code(), Some(0), "{case}: {ended}");
    assert_eq!(plot.marks(&TITLES), [[1; 4]; 3], "{case}: {ended}");
}

/// Does this for each, several at once.
pub fn each<T: Sync>(cases: &[T], work: impl Fn(&T) + Sync) {
    each_in(|| (), cases, |(), case| work(case));
}

/// Does this for each, several at once, those that come one after another in a place of their own.
pub fn each_in<P, T: Sync>(place: impl Fn() -> P + Sync, cases: &[T], work: impl Fn(&P, &T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let place = place();
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(&place, case);
                }
            });
        }
    });
}
