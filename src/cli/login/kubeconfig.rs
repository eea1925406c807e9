//! A context in a kubeconfig whose credentials are fetched by this program.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use crate::cli::connection::Used;

/// How kubectl is told to fetch tokens.
pub(super) struct Plugin<'p> {
    pub(super) grant: &'p str,
    pub(super) account: &'p str,
    pub(super) namespace: &'p str,
    /// By which kubeconfig: that which is written would lead back to the plugin.
    pub(super) used: &'p Used,
}

impl Plugin<'_> {
    /// The user whose credentials come from the plugin.
    pub(super) fn user(&self) -> Result<Value> {
        let program: PathBuf = std::env::current_exe().context("failed to find the program itself")?;
        Ok(self.by(&program.to_string_lossy()))
    }

    fn by(&self, program: &str) -> Value {
        let mut arguments =
            vec!["token", self.grant, "--account", self.account, "--namespace", self.namespace];
        arguments.extend(["--context", &self.used.context]);
        json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": program,
            "args": arguments,
            "env": [{"name": "KUBECONFIG", "value": self.used.files}],
            // Their own credentials may want to ask them something.
            "interactiveMode": "IfAvailable",
            "provideClusterInfo": false,
        }})
    }
}

/// What is put into a kubeconfig.
pub(super) struct Entry<'e> {
    /// The name of context, cluster and user.
    pub(super) name: &'e str,
    pub(super) cluster: &'e Value,
    pub(super) namespace: &'e str,
    pub(super) user: Value,
}

impl Entry<'_> {
    /// The text of a kubeconfig with the entry, in place of an earlier one of its name. All else stays as it is.
    pub(super) fn put_into(&self, there: Option<&str>) -> Result<String> {
        let config: Value = match there.filter(|text| !text.trim().is_empty()) {
            Some(text) => serde_saphyr::from_str(text).context("it cannot be read as YAML")?,
            None => json!({}),
        };
        let Value::Object(mut config) = config else { anyhow::bail!("it is no kubeconfig") };
        let kind = config.get("kind").and_then(Value::as_str).unwrap_or("Config");
        ensure!(kind == "Config", "it is no kubeconfig but a {kind}");
        config.insert("apiVersion".to_owned(), "v1".into());
        config.insert("kind".to_owned(), "Config".into());
        let context = json!({"cluster": self.name, "user": self.name, "namespace": self.namespace});
        put(&mut config, "clusters", &json!({"name": self.name, "cluster": self.cluster}))?;
        put(&mut config, "users", &json!({"name": self.name, "user": self.user}))?;
        put(&mut config, "contexts", &json!({"name": self.name, "context": context}))?;
        let current = config.get("current-context").and_then(Value::as_str).unwrap_or_default();
        if current.is_empty() {
            config.insert("current-context".to_owned(), self.name.into());
        }
        serde_saphyr::to_string(&config).context("failed to write YAML")
    }
}

/// Puts a named entry into one of the lists of a kubeconfig.
fn put(config: &mut Map<String, Value>, list: &str, entry: &Value) -> Result<()> {
    let entries = config.entry(list).or_insert(Value::Null);
    if entries.is_null() {
        *entries = json!([]);
    }
    let entries = entries.as_array_mut().with_context(|| format!("its {list} are no list"))?;
    entries.retain(|there| there.get("name") != entry.get("name"));
    entries.push(entry.clone());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put_into(there: Option<&str>) -> Result<Value> {
        let used = Used {
            context: "mine".to_owned(),
            files: "/home/ann/.kube/config".to_owned(),
            cluster: json!({"server": "https://api"}),
        };
        let plugin = Plugin { grant: "churn", account: "bot", namespace: "cx", used: &used };
        let (name, cluster) = ("cxguard/cx/churn", &used.cluster);
        let entry = Entry { name, cluster, namespace: "cx", user: plugin.by("/bin/cxguard") };
        Ok(serde_saphyr::from_str(&entry.put_into(there)?)?)
    }

    #[test]
    fn a_new_file_has_one_context_and_no_token() {
        let config = put_into(None).unwrap();
        assert_eq!(config["current-context"], "cxguard/cx/churn");
        assert_eq!(
            config["contexts"],
            json!([{"name": "cxguard/cx/churn", "context": {
                "cluster": "cxguard/cx/churn", "user": "cxguard/cx/churn", "namespace": "cx",
            }}])
        );
        let exec = &config["users"][0]["user"]["exec"];
        assert_eq!(exec["command"], "/bin/cxguard");
        let expected = ["token", "churn", "--account", "bot", "--namespace", "cx", "--context", "mine"];
        assert_eq!(exec["args"], json!(expected));
        assert_eq!(exec["env"], json!([{"name": "KUBECONFIG", "value": "/home/ann/.kube/config"}]));
    }

    #[test]
    fn a_file_that_is_there_keeps_what_it_has() {
        let there = "apiVersion: v1\nkind: Config\ncurrent-context: mine\npreferences: {colors: true}\n\
                     clusters: [{name: mine, cluster: {server: x, odd: 1}}]\nusers:\n\
                     contexts: [{name: cxguard/cx/churn, context: {cluster: old}}, {name: mine, context: {cluster: mine}}]\n";
        let config = put_into(Some(there)).unwrap();
        assert_eq!(
            (&config["current-context"], &config["preferences"]["colors"]),
            (&json!("mine"), &json!(true))
        );
        assert_eq!(config["clusters"][0], json!({"name": "mine", "cluster": {"server": "x", "odd": 1}}));
        let names: Vec<&Value> =
            config["contexts"].as_array().unwrap().iter().map(|context| &context["name"]).collect();
        assert_eq!(names, ["mine", "cxguard/cx/churn"]);
        assert_eq!(config["users"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_kubeconfig_is_not_added_to() {
        for there in ["[1]", "kind: Pod", "contexts: 5", "{", "a"] {
            assert!(put_into(Some(there)).is_err(), "{there}");
        }
    }
}
