use std::process::ExitCode;

fn main() -> ExitCode {
    jobs_ingest_bench::cli::main()
}
