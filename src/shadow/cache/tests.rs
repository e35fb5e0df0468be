use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{Cache, Ingredients, Key, Kind, UNFINISHED};
use crate::{Error, Result};

fn cache(limit: u64) -> (tempfile::TempDir, Cache) {
    let directory = tempfile::tempdir().unwrap();
    let cache = Cache::new(directory.path().join("pum"), limit);
    (directory, cache)
}

fn key(name: &str) -> Key {
    let mut ingredients = Ingredients::new("test", 1);
    ingredients.add("name", name);
    ingredients.key()
}

/// Writes this many bytes.
fn fill(bytes: usize) -> impl Fn(&Path) -> Result<()> {
    move |directory| {
        fs::write(directory.join("file"), vec![b'x'; bytes]).unwrap();
        Ok(())
    }
}

/// What lies in the cache's directory.
fn names(cache: &Cache) -> Vec<String> {
    let entries = fs::read_dir(cache.directory()).unwrap().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn used(cache: &Cache, name: &str, seconds_ago: u64) {
    let manifest = cache.place(Kind::Model, &key(name)).join("pum.json");
    let time = SystemTime::now() - Duration::from_secs(seconds_ago);
    fs::File::options().write(true).open(manifest).unwrap().set_modified(time).unwrap();
}

#[test]
fn what_was_kept_is_found_by_its_key_only() {
    let (_directory, cache) = cache(1000);
    assert!(cache.find(Kind::Model, &key("a")).is_none());
    cache.keep(Kind::Model, &key("a"), fill(10)).unwrap();
    let entry = cache.find(Kind::Model, &key("a")).unwrap();
    assert_eq!(fs::read(entry.path().join("file")).unwrap().len(), 10);
    assert!(cache.find(Kind::Model, &key("b")).is_none());
    assert!(cache.find(Kind::Template, &key("a")).is_none());
}

#[test]
fn ingredients_are_told_apart() {
    let of = |parts: &[(&str, &str)]| {
        let mut ingredients = Ingredients::new("test", 1);
        parts.iter().for_each(|(name, value)| ingredients.add(name, value));
        ingredients.key()
    };
    assert_eq!(of(&[("a", "b")]), of(&[("a", "b")]));
    assert_ne!(of(&[("a", "bc")]), of(&[("ab", "c")]));
    assert_ne!(of(&[("a", ""), ("b", "")]), of(&[("b", ""), ("a", "")]));
}

#[test]
fn what_fails_leaves_nothing() {
    let (_directory, cache) = cache(1000);
    let failed = cache.keep(Kind::Model, &key("a"), |directory| {
        fill(10)(directory)?;
        Err(Error::failed("the disk is full"))
    });
    assert_eq!(failed.unwrap_err().message, "the disk is full");
    assert_eq!(names(&cache), ["CACHEDIR.TAG"]);
}

#[test]
fn a_broken_entry_is_removed() {
    let (_directory, cache) = cache(1000);
    let breaks: [fn(&Path); 4] = [
        |path| fs::write(path.join("file"), b"xxxxxxxxxy").unwrap(),
        |path| fs::remove_file(path.join("file")).unwrap(),
        |path| fs::remove_file(path.join("pum.json")).unwrap(),
        |path| fs::write(path.join("more"), b"").unwrap(),
    ];
    for break_it in breaks {
        cache.keep(Kind::Model, &key("a"), fill(10)).unwrap();
        break_it(&cache.place(Kind::Model, &key("a")));
        assert!(cache.find(Kind::Model, &key("a")).is_none());
        assert_eq!(names(&cache), ["CACHEDIR.TAG"]);
    }
}

#[test]
fn an_entry_under_another_name_is_none() {
    let (_directory, cache) = cache(1000);
    cache.keep(Kind::Model, &key("a"), fill(10)).unwrap();
    fs::rename(cache.place(Kind::Model, &key("a")), cache.place(Kind::Model, &key("b"))).unwrap();
    assert!(cache.find(Kind::Model, &key("b")).is_none());
}

#[test]
fn what_was_not_used_for_the_longest_time_goes_first_and_what_is_in_use_stays() {
    let (_directory, cache) = cache(35);
    for (name, seconds_ago) in [("a", 30), ("b", 20), ("c", 10)] {
        cache.keep(Kind::Model, &key(name), fill(10)).unwrap();
        used(&cache, name, seconds_ago);
    }
    let a = cache.find(Kind::Model, &key("a")).unwrap();
    used(&cache, "a", 30);
    cache.keep(Kind::Model, &key("d"), fill(10)).unwrap();
    let found = |name| cache.find(Kind::Model, &key(name)).is_some();
    assert_eq!(["a", "b", "c", "d"].map(found), [true, false, true, true]);
    drop(a);
    used(&cache, "c", 30);
    cache.keep(Kind::Model, &key("e"), fill(10)).unwrap();
    assert_eq!(["a", "c", "d", "e"].map(found), [true, false, true, true]);
}

#[test]
fn what_is_larger_than_the_limit_is_not_kept() {
    let (_directory, cache) = cache(5);
    cache.keep(Kind::Model, &key("a"), fill(10)).unwrap();
    assert_eq!(names(&cache), ["CACHEDIR.TAG"]);
}

#[test]
fn clear_removes_pums_own_and_nothing_else() {
    let (_directory, cache) = cache(1000);
    cache.keep(Kind::Model, &key("a"), fill(10)).unwrap();
    cache.keep(Kind::Template, &key("b"), fill(10)).unwrap();
    let strangers = ["model-of-a-ship", "notes.txt", "template-x"];
    strangers.iter().for_each(|name| fs::create_dir(cache.directory().join(name)).unwrap());
    fs::create_dir(cache.directory().join(format!("{UNFINISHED}killed"))).unwrap();
    let in_use = cache.find(Kind::Template, &key("b")).unwrap();
    let cleared = cache.clear().unwrap();
    assert_eq!(cleared.removed.len(), 1);
    assert_eq!(cleared.in_use[0].kind, Kind::Template);
    drop(in_use);
    assert_eq!(cache.clear().unwrap().removed.len(), 1);
    assert_eq!(names(&cache), ["CACHEDIR.TAG", "model-of-a-ship", "notes.txt", "template-x"]);
}

#[test]
fn many_at_once_leave_one_whole_entry() {
    let (_directory, cache) = cache(1 << 20);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    cache.keep(Kind::Model, &key("a"), fill(10)).unwrap();
                    if let Some(entry) = cache.find(Kind::Model, &key("a")) {
                        assert_eq!(fs::read(entry.path().join("file")).unwrap().len(), 10);
                    }
                    let _ = cache.clear();
                }
            });
        }
    });
    cache.keep(Kind::Model, &key("a"), fill(10)).unwrap();
    assert!(cache.find(Kind::Model, &key("a")).is_some());
    assert_eq!(names(&cache).len(), 2);
}
