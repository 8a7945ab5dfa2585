//! The project's wrangler configuration: which database an environment means, and where its local file is.

use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::error::Error;
use super::jsonc;

/// The names of a configuration file, in the order in which wrangler looks for them.
const FILE_NAMES: [&str; 3] = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/// The name that the top level has on the command line, unless the configuration has an environment of that name.
const TOP_LEVEL: &str = "dev";

/// An environment of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Env {
    /// The settings outside `env`; local unless `--remote` is given.
    TopLevel,
    Named(String),
}

impl Env {
    pub fn label(&self) -> &str {
        match self {
            Self::TopLevel => TOP_LEVEL,
            Self::Named(name) => name,
        }
    }

    /// Whether real data may be in its remote database: always, unless its name says that it is for trials.
    pub fn is_production(&self) -> bool {
        const TRIALS: &[&str] = &[
            "dev", "test", "stag", "preview", "qa", "sandbox", "demo", "local",
        ];
        match self {
            Self::TopLevel => true,
            Self::Named(name) => {
                let name = name.to_ascii_lowercase();
                !TRIALS.iter().any(|word| name.contains(word))
            }
        }
    }
}

/// The configuration and its folder.
#[derive(Debug, Clone)]
pub struct Config {
    pub root: PathBuf,
    /// The configuration file.
    pub path: PathBuf,
    document: Value,
}

/// One D1 database.
#[derive(Debug, Clone)]
pub struct Database {
    pub name: String,
    /// The entry in the configuration, as it is there.
    pub entry: Map<String, Value>,
    pub migrations_dir: PathBuf,
    /// Which files in `migrations_dir` are migrations, when not all in it that end in `.sql`.
    pub pattern: Option<String>,
    /// Name of wrangler's ledger table.
    pub ledger: String,
    /// What names the local file: `preview_database_id`, else `database_id`, else the binding.
    pub local_id: String,
}

impl Config {
    /// The given file, or the configuration of this folder or of the nearest one above.
    pub fn find(given: Option<&Path>) -> Result<Self, Error> {
        let from = std::env::current_dir().map_err(|source| Error::Read {
            path: PathBuf::from("."),
            source,
        })?;
        let path = match given {
            Some(path) => from.join(path),
            None => from
                .ancestors()
                .flat_map(|dir| FILE_NAMES.map(|name| dir.join(name)))
                .find(|path| path.is_file())
                .ok_or_else(|| Error::NoProject { from: from.clone() })?,
        };
        let text = std::fs::read_to_string(&path).map_err(|source| Error::Read {
            path: path.clone(),
            source,
        })?;
        Ok(Self {
            root: path.parent().map_or(from, Path::to_owned),
            document: parse(&path, &text)?,
            path,
        })
    }

    /// The environment that `--env` names.
    pub fn env(&self, name: Option<&str>) -> Result<Env, Error> {
        let Some(name) = name else {
            return Ok(Env::TopLevel);
        };
        let named = self.document.get("env").and_then(Value::as_object);
        if named.is_some_and(|all| all.contains_key(name)) {
            return Ok(Env::Named(name.to_owned()));
        }
        if name == TOP_LEVEL {
            return Ok(Env::TopLevel);
        }
        let known = named.into_iter().flat_map(|all| all.keys());
        Err(Error::NoEnvironment {
            name: name.to_owned(),
            path: self.path.clone(),
            known: known.cloned().collect(),
        })
    }

    /// The settings of an environment.
    fn section(&self, env: &Env) -> Option<&Value> {
        match env {
            Env::TopLevel => Some(&self.document),
            Env::Named(name) => self.document.get("env")?.get(name),
        }
    }

    /// The database of an environment: the one with this binding or name, its only one, or the one bound to DB.
    pub fn database(&self, env: &Env, binding: Option<&str>) -> Result<Database, Error> {
        let place = || match env {
            Env::TopLevel => "the top level".to_owned(),
            Env::Named(name) => format!("env.{name}"),
        };
        let entries: Vec<&Map<String, Value>> = self
            .section(env)
            .and_then(|section| section.get("d1_databases"))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .collect();
        let wanted = |name: &str| {
            entries.iter().find(|entry| {
                let is = |key| text(entry, key).as_deref() == Some(name);
                is("binding") || is("database_name")
            })
        };
        let bindings = || {
            entries
                .iter()
                .filter_map(|one| text(one, "binding"))
                .collect()
        };
        let entry = match (entries.as_slice(), binding) {
            ([], _) => {
                return Err(Error::NoDatabase {
                    place: place(),
                    path: self.path.clone(),
                });
            }
            (_, Some(name)) => wanted(name).ok_or_else(|| Error::NoBinding {
                name: name.to_owned(),
                place: place(),
                known: bindings(),
            })?,
            ([only], None) => only,
            (_, None) => wanted("DB").ok_or_else(|| Error::ManyDatabases {
                place: place(),
                known: bindings(),
            })?,
        };
        self.read_database(entry)
    }

    fn read_database(&self, entry: &Map<String, Value>) -> Result<Database, Error> {
        let binding = text(entry, "binding").unwrap_or_else(|| "DB".to_owned());
        let dir = text(entry, "migrations_dir").unwrap_or_else(|| "migrations".to_owned());
        let pattern = text(entry, "migrations_pattern")
            .map(|pattern| {
                let (dir, pattern) = (normal(&dir), normal(&pattern));
                let within = match dir.as_str() {
                    "" => Some(pattern.as_str()),
                    dir => pattern
                        .strip_prefix(dir)
                        .and_then(|rest| rest.strip_prefix('/')),
                };
                within.map(ToOwned::to_owned).ok_or_else(|| Error::Config {
                    path: self.path.clone(),
                    message: format!(
                        "migrations_pattern `{pattern}` must begin with migrations_dir, `{dir}/`"
                    ),
                })
            })
            .transpose()?;
        Ok(Database {
            name: text(entry, "database_name").unwrap_or_else(|| binding.clone()),
            migrations_dir: self.root.join(dir),
            pattern,
            ledger: text(entry, "migrations_table").unwrap_or_else(|| "d1_migrations".to_owned()),
            local_id: text(entry, "preview_database_id")
                .or_else(|| text(entry, "database_id"))
                .unwrap_or(binding),
            entry: entry.clone(),
        })
    }

    /// Where `wrangler dev` keeps local state.
    pub fn state_dir(&self) -> PathBuf {
        self.root.join(".wrangler").join("state")
    }

    /// A configuration of nothing but this database, as JSON, with the migrations in the folder `migrations` beside it.
    pub fn minimal(&self, env: &Env, database: &Database) -> String {
        let mut entry = database.entry.clone();
        entry.insert("migrations_dir".into(), "migrations".into());
        if let Some(pattern) = &database.pattern {
            entry.insert(
                "migrations_pattern".into(),
                format!("migrations/{pattern}").into(),
            );
        }
        let mut section = json!({ "d1_databases": [entry] });
        let mut out = json!({});
        for key in ["name", "compatibility_date", "account_id"] {
            if let Some(value) = self.document.get(key) {
                insert(&mut out, key, value.clone());
            }
        }
        let account = self.section(env).and_then(|one| one.get("account_id"));
        if let Some(account) = account {
            insert(&mut section, "account_id", account.clone());
        }
        match env {
            Env::TopLevel => {
                for (key, value) in section.as_object().into_iter().flatten() {
                    insert(&mut out, key, value.clone());
                }
            }
            Env::Named(name) => insert(&mut out, "env", json!({ name: section })),
        }
        out.to_string()
    }
}

fn insert(object: &mut Value, key: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

fn text(entry: &Map<String, Value>, key: &str) -> Option<String> {
    entry
        .get(key)
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
}

/// A relative path without `./` and a slash at its end.
fn normal(path: &str) -> String {
    let path = path.replace('\\', "/");
    let parts = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".");
    parts.collect::<Vec<_>>().join("/")
}

fn parse(path: &Path, text: &str) -> Result<Value, Error> {
    let failed = |message: String| Error::Config {
        path: path.to_owned(),
        message,
    };
    if path.extension().is_some_and(|one| one == "toml") {
        let table = text
            .parse::<toml::Table>()
            .map_err(|error| failed(error.to_string()))?;
        serde_json::to_value(table).map_err(|error| failed(error.to_string()))
    } else {
        serde_json::from_str(&jsonc::plain(text)).map_err(|error| failed(error.to_string()))
    }
}

/// Miniflare's name for a local D1 file: hex of n ‖ HMAC(k, n)[..16], where k is SHA-256 of the class name and
/// n the first 16 bytes of HMAC(k, id).
pub fn local_file(state_dir: &Path, id: &str) -> PathBuf {
    const CLASS: &str = "miniflare-D1DatabaseObject";
    let key = Sha256::digest(CLASS.as_bytes());
    let sixteen = |message: &[u8]| -> Vec<u8> {
        // HMAC takes a key of any length: this cannot fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else {
            return Vec::new();
        };
        mac.update(message);
        mac.finalize()
            .into_bytes()
            .iter()
            .copied()
            .take(16)
            .collect()
    };
    let mut name = sixteen(id.as_bytes());
    name.extend(sixteen(&name.clone()));
    let hex: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
    state_dir
        .join("v3")
        .join("d1")
        .join(CLASS)
        .join(format!("{hex}.sqlite"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

    use std::path::PathBuf;

    use super::{Config, Env, local_file, parse};

    fn config(name: &str, text: &str) -> Config {
        Config {
            root: PathBuf::from("/p"),
            path: PathBuf::from(name),
            document: parse(name.as_ref(), text).unwrap(),
        }
    }

    const JSONC: &str = r#"{
      // a comment
      "name": "app", "env": { "live": { "d1_databases": [ { "binding": "MAIN" }, ] } },
      "d1_databases": [
        { "binding": "A", "database_name": "a", "migrations_dir": "./db/", "migrations_pattern": "db/*/migration.sql" },
        { "binding": "B", "database_name": "b", "migrations_table": "ledger", "database_id": "1" }
      ]
    }"#;

    #[test]
    fn database_is_chosen_by_environment_and_binding() {
        let config = config("wrangler.jsonc", JSONC);
        let top = config.env(None).unwrap();
        let error = config.database(&top, None).unwrap_err();
        assert_eq!(
            error.hint().unwrap(),
            "choose one: --binding A, --binding B"
        );
        let a = config.database(&top, Some("A")).unwrap();
        assert_eq!(
            (a.pattern.as_deref(), a.local_id.as_str()),
            (Some("*/migration.sql"), "A")
        );
        let b = config.database(&top, Some("b")).unwrap();
        assert_eq!((b.ledger.as_str(), b.local_id.as_str()), ("ledger", "1"));
        assert!(config.database(&top, Some("C")).is_err());
        let live = config.env(Some("live")).unwrap();
        assert_eq!(live, Env::Named("live".to_owned()));
        assert_eq!(config.database(&live, None).unwrap().name, "MAIN");
        assert_eq!(config.env(Some("dev")).unwrap(), Env::TopLevel);
        assert!(config.env(Some("staging")).is_err());
        assert!(live.is_production() && top.is_production());
        assert!(!Env::Named("staging-2".to_owned()).is_production());
    }

    #[test]
    fn minimal_configuration_keeps_what_wrangler_needs() {
        let toml = config(
            "wrangler.toml",
            "name = 'x'\naccount_id = 'y'\nmain = 'z'\n[env.live]\n[[env.live.d1_databases]]\nbinding = 'DB'\n",
        );
        let live = toml.env(Some("live")).unwrap();
        let database = toml.database(&live, None).unwrap();
        assert_eq!(
            toml.minimal(&live, &database),
            r#"{"account_id":"y","env":{"live":{"d1_databases":[{"binding":"DB","migrations_dir":"migrations"}]}},"name":"x"}"#
        );
    }

    #[test]
    fn local_file_is_the_one_that_wrangler_makes() {
        // Seen with wrangler 4.164.0 and this database_id.
        let file = local_file("s".as_ref(), "00000000-0000-0000-0000-000000000000");
        assert!(
            file.ends_with(
                "9ba2b04bf514d9facfd57ed57d849e77241a7adc99d1c1545d06688b43d84248.sqlite"
            ),
            "{}",
            file.display()
        );
    }
}
