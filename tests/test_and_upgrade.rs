//! `test-and-upgrade`: the deltas are tried on a copy of prod, the result is compared, prod is upgraded after a yes.

mod answers;
mod failures;
mod interrupt;
mod refusals;
mod whole;

use crate::support::{Database, Installation, cluster, database, try_query, try_sql};

/// Prod at 1.0.0 with a table and rows, two deltas, and the names of a test database that does not exist.
struct World {
    it: Installation,
    test: String,
    comp: Option<Database>,
}

impl World {
    fn new() -> World {
        World::with_test(database().name())
    }

    fn with_test(test: &str) -> World {
        let it = Installation::at("1.0.0");
        it.database.sql(
            "create table app.pipe (id serial primary key, material text);
             insert into app.pipe (material) values ('PE'), ('steel')",
        );
        it.delta(
            "delta_1.1.0_length.sql",
            "alter table app.pipe add length int;\nupdate app.pipe set length = id;",
        );
        it.delta("delta_1.2.0_valve.sql", "create table app.valve (id int primary key);");
        World { it, test: test.to_owned(), comp: None }
    }

    /// With a database to compare with: prod upgraded apart.
    fn with_comp() -> World {
        let mut world = World::new();
        let comp = world.it.database.copy(cluster());
        let mut upgrade = world.it.bare("upgrade -t app.upgrades -d delta -q -p");
        upgrade.arg(comp.uri()).assert().success();
        world.comp = Some(comp);
        world
    }

    fn test_uri(&self) -> String {
        cluster().uri(&self.test)
    }

    /// The command, with these words behind it.
    fn command(&self, words: &str) -> assert_cmd::Command {
        self.command_for(&self.test_uri(), words)
    }

    fn command_for(&self, test: &str, words: &str) -> assert_cmd::Command {
        let mut command = self.it.bare("test-and-upgrade -t app.upgrades -d delta -pp");
        command.args([self.it.database.uri(), "-pt", test]);
        if let Some(comp) = &self.comp {
            command.args(["-pc", comp.uri()]);
        }
        command.args(words.split_whitespace());
        command
    }

    /// What there is to see of prod's schema, rows and record.
    fn prod(&self) -> String {
        state(self.it.database.uri())
    }

    /// The comment of the test database.
    fn mark(&self) -> String {
        let sql = "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()";
        try_query(&self.test_uri(), sql).unwrap().concat().concat()
    }

    /// Whether the test database exists.
    fn has_test(&self) -> bool {
        try_query(&self.test_uri(), "select 1").is_ok()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let name = self.test.replace('"', "\"\"");
        let _ =
            try_sql(&cluster().uri("postgres"), &format!("drop database if exists \"{name}\" with (force)"));
    }
}

fn state(uri: &str) -> String {
    let sql =
        "select format('%s.%s %s', table_schema, table_name, column_name) from information_schema.columns
               where table_schema = 'app' union all
               select to_jsonb(p)::text from app.pipe p union all
               select to_jsonb(u)::text from app.upgrades u order by 1";
    try_query(uri, sql).unwrap().concat().join("\n")
}
