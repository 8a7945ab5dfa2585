//! The wrangler.toml of a release.

/// Returns wrangler.toml without `[build]`: a release is built.
pub fn without_build(config: &str) -> String {
    let mut kept = String::with_capacity(config.len());
    let mut is_build = false;
    for line in config.lines() {
        match line.trim() {
            "[build]" => is_build = true,
            // The empty line after the table goes with it.
            "" if is_build => {
                is_build = false;
                continue;
            }
            _ => {}
        }
        if !is_build {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Returns the `directory` of `[assets]`, without `./` before and `/` after it.
pub fn assets_folder(config: &str) -> Option<String> {
    let mut lines = config.lines().map(str::trim);
    lines.find(|line| *line == "[assets]")?;
    let value = lines
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == "directory").then(|| value.trim().trim_start_matches('"'))
        })?;
    let (folder, _) = value.split_once('"')?;
    let folder = folder.strip_prefix("./").unwrap_or(folder);
    Some(folder.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::{assets_folder, without_build};

    const CONFIG: &str = "name = \"x\"\n\n[build]\ncommand = \"cargo\"\nwatch_dir = [\"src\"]\n\n\
                          [observability]\nenabled = true\n\n[vars]\nbuild = \"1\"\n";

    #[test]
    fn only_the_build_table_is_left_out() {
        assert_eq!(
            without_build(CONFIG),
            "name = \"x\"\n\n[observability]\nenabled = true\n\n[vars]\nbuild = \"1\"\n"
        );
    }

    #[test]
    fn assets_folder_is_that_of_its_table() {
        assert_eq!(assets_folder(CONFIG), None);
        let with = |assets: &str| assets_folder(&format!("{CONFIG}\n[assets]\n{assets}\n[vars]\n"));
        assert_eq!(with("binding = \"ASSETS\""), None);
        let line = "binding = \"ASSETS\"\ndirectory = \"./console/\" # of the console";
        assert_eq!(with(line).as_deref(), Some("console"));
        assert_eq!(with("directory=\"a/b\"").as_deref(), Some("a/b"));
    }
}
