//! A role that may only connect sees the differences that the owner sees; what the server shows to owners alone is
//! said to be not compared. That it sees every other difference is tested with each of the changes.

use super::{lines, options, run, stranger_options};
use crate::support::database;

#[test]
fn what_only_owners_are_shown_is_named() {
    let (first, second) = (database(), database());
    for (database, user, connection) in
        [(&first, "a", "dbname=a password=1"), (&second, "b", "dbname=b password=2")]
    {
        database.sql(&format!(
            "create foreign data wrapper w; create server s foreign data wrapper w;
             create user mapping for public server s options (\"user\" '{user}', password '{user}');
             create subscription c connection '{connection}' publication p with (connect = false)"
        ));
    }
    let owner = run(&options(&first, &second));
    assert_eq!(lines(&owner), ["user mapping public on server s: options"]);
    insta::assert_snapshot!(owner.not_compared.join("\n"), @r"
    connection of subscription c, which holds secrets
    secrets among the options of user mapping public on server s
    ");
    let stranger = run(&stranger_options(&first, &second));
    assert!(lines(&stranger).is_empty());
    insta::assert_snapshot!(stranger.not_compared.join("\n"), @r"
    connection of subscription c, which holds secrets
    options of user mapping public on server s, which the server shows to its owner alone
    ");
    assert!(!format!("{owner:?}{stranger:?}").contains("password=1"));
}

#[test]
fn one_side_read_by_a_stranger_is_enough_to_leave_out_what_is_not_shown() {
    let (first, second) = (database(), database());
    for database in [&first, &second] {
        database.sql(
            "create foreign data wrapper w; create server s foreign data wrapper w;
             create user mapping for public server s options (\"user\" 'a')",
        );
    }
    let mut options = options(&first, &second);
    options.second = stranger_options(&first, &second).second;
    let comparison = run(&options);
    assert!(lines(&comparison).is_empty());
    insta::assert_snapshot!(comparison.not_compared.join("\n"), @"in the second: options of user mapping public on server s, which the server shows to its owner alone");
}
