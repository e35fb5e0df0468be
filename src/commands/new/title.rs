//! The title of a new delta: from an argument, a branch's name or the subject of a commit. Pure.

use unicode_normalization::UnicodeNormalization;

use crate::delta::{LONGEST_TITLE, is_word};

/// The longest name of a file that file systems take, in bytes.
const LONGEST_FILE_NAME: usize = 255;

/// Branches whose names say nothing of what is done there.
const COMMON_BRANCHES: [&str; 7] = ["main", "master", "develop", "development", "dev", "trunk", "HEAD"];

/// A text as a title: its words, composed and joined by underscores; none if it has no word.
pub(super) fn of_text(text: &str) -> Option<String> {
    let composed: String = text.nfc().collect();
    let words: Vec<&str> = composed
        .split(|character| !is_word(character) || character == '_')
        .filter(|word| !word.is_empty())
        .collect();
    (!words.is_empty()).then(|| words.join("_"))
}

/// The title that a branch's name gives, without what stands before it, as in `feature/pipes`; none for a branch of
/// all, such as main, and for one that is named by numbers alone.
pub(super) fn of_branch(branch: &str) -> Option<String> {
    if COMMON_BRANCHES.contains(&branch) {
        return None;
    }
    let title = of_text(branch.rsplit('/').next()?)?;
    title.contains(char::is_alphabetic).then_some(title)
}

/// A title that the upgrades table and the file system can hold, where `around` bytes of the file's name are not its own:
/// cut behind a word if there is one to cut behind.
pub(super) fn fit(title: &str, around: usize) -> &str {
    let bytes = LONGEST_FILE_NAME.saturating_sub(around);
    let end = title
        .char_indices()
        .take(LONGEST_TITLE)
        .map(|(start, character)| start + character.len_utf8())
        .take_while(|end| *end <= bytes)
        .last()
        .unwrap_or_default();
    let cut = &title[..end];
    if end == title.len() || title[end..].starts_with('_') {
        return cut;
    }
    cut.rfind('_').map_or(cut, |word| &cut[..word])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{fit, of_branch, of_text};
    use crate::delta::{Kind, Name, Verdict, judge};

    #[test]
    fn words_of_any_script_make_a_title() {
        assert_eq!(of_text("add-pipe-material").as_deref(), Some("add_pipe_material"));
        assert_eq!(of_text("  Fix: \"Ø\" of  pipes (#12)!\n").as_deref(), Some("Fix_Ø_of_pipes_12"));
        // The e and its accent are two characters; a file's name shall not depend on how they were typed.
        assert_eq!(of_text("re\u{301}seau__d'eau").as_deref(), Some("réseau_d_eau"));
        assert_eq!(of_text("水道管 材質").as_deref(), Some("水道管_材質"));
        assert_eq!(of_text("…!"), None);
    }

    #[test]
    fn a_branch_gives_its_last_part_unless_it_is_everybodys() {
        assert_eq!(of_branch("feature/pipe-material").as_deref(), Some("pipe_material"));
        assert_eq!(of_branch("ada/fix/12-valves").as_deref(), Some("12_valves"));
        for nothing in ["main", "master", "develop", "release/1.4", "42"] {
            assert_eq!(of_branch(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_long_title_is_cut_behind_a_word() {
        let long = "pipe_".repeat(60);
        let cut = fit(long.trim_end_matches('_'), 20);
        assert_eq!((cut.chars().count(), cut.ends_with("_pipe")), (199, true));
        assert_eq!(fit(&"x".repeat(300), 20).len(), 200);
        assert_eq!(fit(&"水".repeat(200), 20).len(), 234);
        assert_eq!(fit("short", 20), "short");
    }

    proptest! {
        #[test]
        fn a_title_from_any_text_is_one(text in any::<String>(), repeat in 1..40usize, kind in 0..6usize) {
            let Some(title) = of_text(&text.repeat(repeat)) else { return Ok(()) };
            let kind = Kind::ALL[kind];
            let version = "1.40.123".parse().unwrap();
            let around = Name { version, title: String::new(), kind }.file_name().len() + 1;
            let name = Name { version, title: fit(&title, around).to_owned(), kind };
            let file = name.file_name();
            prop_assert!(file.len() <= 255, "{}", file);
            prop_assert!(!name.title.is_empty());
            prop_assert_eq!(judge(&file), Verdict::Delta(name));
        }
    }
}
