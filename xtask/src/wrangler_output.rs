//! What `wrangler dev` prints, without what it adds to a failed build.

/// Passes the lines of wrangler on. A failed build prints the compiler's errors; wrangler then prints them again, inside a
/// dump of its own objects of a hundred lines, which is left out.
#[derive(Debug, Default)]
pub struct Filter {
    is_dump: bool,
}

impl Filter {
    /// Returns what to show of a line, or `None` for a line of the dump.
    pub fn line<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        if self.is_dump {
            let ends = line.contains("Running custom build `") && line.contains("` failed");
            self.is_dump = !ends;
            return ends
                .then_some("==> the build failed: the Worker runs on as it was built before");
        }
        if line.contains("[Error]: Process exited with non-zero status") {
            self.is_dump = true;
            return None;
        }
        Some(line.strip_prefix("[custom build] ").unwrap_or(line))
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;

    /// Printed by wrangler 4.164.0; the dump is shortened.
    const FAILED_BUILD: &str = "\
The file src/lib.rs changed, restarting build...
[custom build] Running: cargo xtask build
[custom build] error[E0425]: cannot find value `x` in this scope
[custom build]  --> src/lib.rs:1:1
\x1b[31m✘ \x1b[41;31m[\x1b[41;97mERROR\x1b[41;31m]\x1b[0m \x1b[1mk [Error]: Process exited with non-zero status (1)\x1b[0m

      at async runCommand (cli.js:193038:26) {
    output: {
      stderr: 'error[E0425]: cannot find value `x` in this scope\\n --> src/lib.rs:1:1\\n',
    }
  }

\x1b[31m✘ \x1b[41;31m[\x1b[41;97mERROR\x1b[41;31m]\x1b[0m \x1b[1mRunning custom build `cargo xtask build` failed. There are likely more logs from your build command above.\x1b[0m
[wrangler:info] GET /health 200 OK (7ms)";

    #[test]
    fn compiler_error_is_shown_once_as_it_was_written() {
        let mut filter = Filter::default();
        let shown: Vec<&str> = FAILED_BUILD
            .lines()
            .filter_map(|line| filter.line(line))
            .collect();
        assert_eq!(
            shown,
            [
                "The file src/lib.rs changed, restarting build...",
                "Running: cargo xtask build",
                "error[E0425]: cannot find value `x` in this scope",
                " --> src/lib.rs:1:1",
                "==> the build failed: the Worker runs on as it was built before",
                "[wrangler:info] GET /health 200 OK (7ms)",
            ]
        );
    }
}
