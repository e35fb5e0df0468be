//! The texts that `pum init` writes.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::recognise::Project;
use super::{Ci, Server};
use crate::source::Recipe;
use crate::{Error, Result};

const PUM_YAML: &str = include_str!("../../../templates/pum.yaml");
const GITHUB: &str = include_str!("../../../templates/ci/github.yml");
const GITLAB: &str = include_str!("../../../templates/ci/gitlab.yml");
/// What a new delta directory begins with, so that git keeps it.
pub(super) const README: &str = include_str!("../../../templates/delta.md");

/// The text of pum.yaml.
///
/// # Errors
/// None that the template as it is could have.
pub(super) fn pum_yaml(project: &Project) -> Result<String> {
    let list = |items: &[String]| items.iter().map(|item| scalar(item)).collect::<Vec<_>>();
    let model = match &project.model {
        Recipe::Sql(patterns) => format!("sql: [{}]", list(patterns).join(", ")),
        Recipe::Run(command) => format!("run: {}", scalar(command)),
        Recipe::Deltas => "deltas: true".to_owned(),
    };
    let values = context! {
        table => scalar(&project.table),
        delta_dirs => list(&project.delta_dirs),
        model,
        releases => list(&project.releases),
        upstream => project.upstream.as_deref().map(scalar),
        value_lists => list(&project.value_lists),
        extensions => list(&project.extensions),
        roles => list(&project.roles),
    };
    render(PUM_YAML, values)
}

/// The text of a CI file. `config` is the path of pum.yaml from the top of the repository, where it is not there itself.
///
/// # Errors
/// None that the templates as they are could have.
pub(super) fn ci(
    ci: Ci,
    server: Server,
    project: &Project,
    branch: &str,
    config: Option<&str>,
) -> Result<String> {
    let is_spatial =
        project.extensions.iter().any(|name| name.starts_with("postgis")) || project.layout.is_some();
    // What the images of the services and the runners have.
    let version = if ci == Ci::Github { "16" } else { "15" };
    let packages = if is_spatial {
        format!("postgresql-{version} postgresql-{version}-postgis-3")
    } else {
        format!("postgresql-{version}")
    };
    let image =
        if is_spatial { format!("postgis/postgis:{version}-3.4") } else { format!("postgres:{version}") };
    let values = context! {
        server => match server { Server::Apt => "apt", Server::Service => "service" },
        branch => scalar(branch),
        packages,
        image,
        version => env!("CARGO_PKG_VERSION"),
        config => config.map_or_else(String::new, |config| format!(" --config-file {}", crate::hook::script::quoted(config))),
    };
    render(if ci == Ci::Github { GITHUB } else { GITLAB }, values)
}

/// Fills a template in. Its marks are others than usual: `{{ }}` belongs to the CI services, `{version}` to pum.yaml.
fn render(template: &str, values: Value) -> Result<String> {
    let render = || -> std::result::Result<String, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut syntax = SyntaxConfig::builder();
        syntax.block_delimiters("<%", "%>").variable_delimiters("<<", ">>").comment_delimiters("<#", "#>");
        environment
            .set_syntax(syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?);
        environment.render_str(template, values)
    };
    let text = render().map_err(|cause| Error::failed("a template cannot be filled in").caused_by(cause))?;
    Ok(format!("{}\n", text.trim_end()))
}

/// A text as YAML, in quotes where it needs them.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if is_word && text.chars().all(is_plain) && !reserved.contains(&text.to_lowercase().as_str()) {
        text.to_owned()
    } else if text.contains(|c: char| c.is_control()) {
        serde_json::Value::from(text).to_string()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_yaml::Value as Yaml;

    use super::super::recognise::{Survey, recognise};
    use super::*;
    use crate::config::Config;
    use crate::git::Patterns;

    fn projects() -> [Project; 3] {
        let survey = |name: &str, files: &[&str]| {
            recognise(&Survey {
                name: name.to_owned(),
                files: files.iter().map(Into::into).collect(),
                upstream: (!files.is_empty()).then(|| "origin/main".to_owned()),
                ..Survey::default()
            })
        };
        [
            survey("water", &[]),
            survey("q", &["datamodel/scripts/setup.sh", "datamodel/update/delta/delta_1.0.0.sql"]),
            Project {
                table: "a_sys.\"Up's\"".to_owned(),
                delta_dirs: vec!["a b/#1".to_owned(), "no".to_owned()],
                model: Recipe::Sql(vec!["x: 'y'/*.sql".to_owned(), "#.sql".to_owned()]),
                extensions: vec!["postgis".to_owned(), "uuid-ossp".to_owned()],
                ..survey("water", &[])
            },
        ]
    }

    #[test]
    fn the_written_pum_yaml_says_what_it_was_written_of_and_nothing_that_is_not_known() {
        for project in projects() {
            let text = pum_yaml(&project).unwrap();
            let config = Config::parse(Path::new("pum.yaml"), &text)
                .unwrap_or_else(|error| panic!("{error:?}\n{text}"));
            assert_eq!(config.warnings, [] as [&str; 0], "{text}");
            assert_eq!(config.upgrades_table.as_ref(), Some(&project.table));
            assert_eq!(
                config.delta_dirs,
                project.delta_dirs.iter().map(Into::into).collect::<Vec<std::path::PathBuf>>()
            );
            assert_eq!(config.model.as_ref(), Some(&project.model));
            assert_eq!(config.releases, Patterns::parse(&project.releases).unwrap());
            assert_eq!(config.upstream, project.upstream);
            assert_eq!(config.value_lists, project.value_lists);
            assert_eq!(config.shadow_extensions, project.extensions);
            assert_eq!(config.shadow_roles, project.roles);
        }
    }

    #[test]
    fn what_is_commented_out_in_pum_yaml_is_understood_too() {
        let text = pum_yaml(&projects()[0]).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("# ")).filter(|line| {
            let key = line.split(':').next().unwrap_or_default();
            line.contains(": ") && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        }) {
            let parsed = Config::parse(Path::new("pum.yaml"), line);
            assert!(parsed.is_ok(), "{line}: {parsed:?}");
        }
    }

    fn strings(yaml: &Yaml) -> Vec<String> {
        match yaml {
            Yaml::String(text) => vec![text.clone()],
            Yaml::Sequence(items) => items.iter().flat_map(strings).collect(),
            Yaml::Mapping(mapping) => mapping.values().flat_map(strings).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn the_ci_files_are_yaml_that_fetches_everything_and_verifies() {
        for project in projects() {
            for server in [Server::Apt, Server::Service] {
                for (kind, config) in [(Ci::Github, None), (Ci::Gitlab, Some("model's/pum.yaml"))] {
                    let text = ci(kind, server, &project, "main", config).unwrap();
                    let yaml: Yaml =
                        serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
                    assert!(!text.contains("<<") && !text.contains("<%"), "{text}");
                    let all = strings(&yaml);
                    let verify = all.iter().find(|line| line.contains(" verify")).unwrap();
                    assert_eq!(verify.contains("--wait"), server == Server::Service, "{verify}");
                    match kind {
                        Ci::Github => {
                            let checkout = &yaml["jobs"]["verify"]["steps"][0];
                            assert_eq!(checkout["with"]["fetch-depth"], Yaml::from(0));
                            let environment = &yaml["jobs"]["verify"]["env"];
                            assert!(environment["PUM_CACHE_DIR"].is_string());
                            assert_eq!(environment.get("PUM_SHADOW").is_some(), server == Server::Service);
                        }
                        Ci::Gitlab => {
                            let variables = &yaml["pum"]["variables"];
                            assert_eq!(variables["GIT_DEPTH"], Yaml::from("0"));
                            assert!(variables["PUM_CACHE_DIR"].is_string());
                            assert_eq!(variables.get("PUM_SHADOW").is_some(), server == Server::Service);
                            assert!(
                                verify.contains(r"--config-file 'model'\''s/pum.yaml' verify"),
                                "{verify}"
                            );
                        }
                    }
                    assert_eq!(
                        all.iter()
                            .any(|line| line.contains("apt-get install") && line.contains("postgresql-1")),
                        server == Server::Apt,
                        "{text}"
                    );
                }
            }
        }
    }
}
