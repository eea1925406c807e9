//! The command `cxguard`: parse, dispatch, exit code.

fn main() -> std::process::ExitCode {
    cxguard::cli::main()
}
