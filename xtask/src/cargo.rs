//! Cargo, called from a program that cargo itself runs.

use tokio::process::Command;

/// A call of cargo that does not see what `cargo run` told this program about its own package. Build scripts of
/// dependencies look at such variables, and everything would be built anew each time it is called the other way.
pub fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let told = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_BIN_NAME"
        });
        if told {
            command.env_remove(name);
        }
    }
    command
}
