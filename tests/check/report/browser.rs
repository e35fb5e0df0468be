//! The page in a real browser: it is readable, its filters filter, and nothing in it comes from elsewhere.

mod driver;

use driver::Driver;

use super::{Pair, model};

/// A browser that shows this report, or nothing, said loudly, where there is none.
fn shown(pair: &Pair, words: &str) -> Option<Driver> {
    let output = pair.check(&format!("{words} --report html:report.html")).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    let browser = Driver::start()?;
    browser.open(&format!("file://{}", pair.project.path().join("report.html").display()));
    Some(browser)
}

/// The differences that can be seen, by their titles.
const VISIBLE: &str = "return [...document.querySelectorAll('main .difference')]
    .filter((node) => node.checkVisibility())
    .map((node) => node.closest('.object').querySelector('summary .title').textContent + ': ' + (node.querySelector('.head .title')?.textContent ?? 'itself'))";

#[test]
fn filters_search_and_folding_work() {
    let pair = model();
    let Some(browser) = shown(&pair, "") else { return };
    let all = browser.texts(VISIBLE);
    let number = json_number(&pair);
    assert_eq!(all.len(), number);
    assert_eq!(browser.text("#shown"), format!("{number} shown"));

    // An element; another one beside it; a schema within them; the other way back.
    let columns: Vec<String> =
        all.iter().filter(|one| one.contains("column") && !one.starts_with("view")).cloned().collect();
    browser.click("[data-group=element] [data-value=columns]");
    assert_eq!(browser.texts(VISIBLE), columns);
    assert_eq!(browser.text("#shown"), format!("{} of {number} shown", columns.len()));
    browser.click("[data-group=element] [data-value=tables]");
    assert!(browser.texts(VISIBLE).len() > columns.len());
    browser.click("[data-group=element] [data-value=tables]");
    browser.click("[data-group=schema] [data-value=Odd]");
    let odd = vec!["table \"Odd\".\"<script>alert(1)</script>\": default on column \"<b>\"".to_owned()];
    assert_eq!(browser.texts(VISIBLE), odd);
    browser.click("#reset");
    assert_eq!(browser.texts(VISIBLE), all);

    // What is on one side only.
    browser.click("[data-group=change] [data-value=second]");
    let second = browser.texts(VISIBLE);
    assert!(second.contains(&"table app.valve: itself".to_owned()), "{second:?}");
    assert!(second.contains(&"table app.pipe: column pressure".to_owned()), "{second:?}");
    assert!(!second.iter().any(|one| one.contains("node")), "{second:?}");
    browser.click("#reset");

    // The search looks into names and values, for all words.
    browser.type_into("#search", "double PRECISION");
    assert_eq!(browser.texts(VISIBLE), ["table app.pipe: column pressure"]);
    browser.type_into("#search", " nothing like it");
    assert!(browser.texts(VISIBLE).is_empty());
    assert!(browser.text("#nothing").contains("Nothing matches"));
    browser.click("#reset");

    browser.click("#fold");
    assert!(browser.texts(VISIBLE).is_empty());
    browser.click(".object summary");
    assert_eq!(browser.texts(VISIBLE).len(), 1);
    browser.click("#unfold");
    assert_eq!(browser.texts(VISIBLE), all);

    let background = || browser.texts("return [getComputedStyle(document.body).backgroundColor]");
    let before = background();
    browser.click("#theme");
    assert_ne!(background(), before);
}

fn json_number(pair: &Pair) -> usize {
    let json = pair.check("--format json").output().unwrap().stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    json["differences"].as_array().unwrap().len()
}

#[test]
fn names_from_the_database_are_text_and_nothing_is_fetched() {
    let pair = model();
    let Some(browser) = shown(&pair, "") else { return };
    assert_eq!(browser.texts("return [String(document.scripts.length)]"), ["1"]);
    let body = browser.text("main");
    for text in ["<script>alert(1)</script>", "'<i>''\"&amp;'::text", "'</script>'::text"] {
        assert!(body.contains(text), "{text}\n{body}");
    }
    // Should markup ever come through, the page's policy lets it do nothing.
    let ran = "const s = document.createElement('script'); s.textContent = 'window.ran = true';
        document.body.append(s); return [String(window.ran)]";
    assert_eq!(browser.texts(ran), ["undefined"]);
    assert_eq!(
        browser.texts("return performance.getEntriesByType('resource').map((entry) => entry.name)"),
        Vec::<String>::new()
    );
    let page = pair.read("report.html");
    for elsewhere in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
}

#[test]
fn equal_databases_have_a_page_that_says_so() {
    let pair = Pair::new("", "");
    let Some(browser) = shown(&pair, "") else { return };
    assert_eq!(browser.text(".verdict"), "prod and test are equal");
    assert_eq!(
        browser.texts("return [...document.querySelectorAll('nav, main')].map(String)"),
        Vec::<String>::new()
    );
}

#[test]
fn thousands_of_differences_are_filtered_in_no_time() {
    let many = |kind: &str| {
        format!(
            "do $$ begin for i in 1..3000 loop execute format('create table %I (a {kind})', 't' || i); end loop; end $$"
        )
    };
    let pair = Pair::new(&many("integer"), &many("bigint"));
    let Some(browser) = shown(&pair, "") else { return };
    assert_eq!(browser.text("#shown"), "3,000 shown");
    browser.type_into("#search", "t2999");
    assert_eq!(browser.texts(VISIBLE), ["table public.t2999: column a"]);
    let took = "const before = performance.now(); document.getElementById('reset').click();
        document.body.offsetHeight; return [String(performance.now() - before)]";
    let took: f64 = browser.texts(took)[0].parse().unwrap();
    assert_eq!(browser.text("#shown"), "3,000 shown");
    assert!(took < 2000.0, "{took} ms");
}
