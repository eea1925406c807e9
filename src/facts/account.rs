//! Who a service account is to the API server: its username and its groups.
//!
//! Source: <https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/>, "Bound service account
//! tokens", and `k8s.io/apiserver/pkg/authentication/serviceaccount`.

/// The group of every service account.
pub(crate) const ACCOUNTS: &str = "system:serviceaccounts";

const USERNAME: &str = "system:serviceaccount:";

/// The username of a service account.
pub(crate) fn account_username(namespace: &str, name: &str) -> String {
    format!("{USERNAME}{namespace}:{name}")
}

/// The namespace and the name of the service account that a username stands for.
pub(crate) fn account_of(username: &str) -> Option<(&str, &str)> {
    let (namespace, name) = username.strip_prefix(USERNAME)?.split_once(':')?;
    let is_account = !namespace.is_empty() && !name.is_empty() && !name.contains(':');
    is_account.then_some((namespace, name))
}

/// The groups that every service account of a namespace is in.
pub(crate) fn account_groups(namespace: &str) -> [String; 2] {
    [ACCOUNTS.to_owned(), format!("{ACCOUNTS}:{namespace}")]
}

/// The namespace whose service accounts a group stands for.
pub(crate) fn accounts_in(group: &str) -> Option<&str> {
    group.strip_prefix(ACCOUNTS)?.strip_prefix(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_and_groups_are_read_as_they_are_written() {
        assert_eq!(account_of(&account_username("cx", "bot")), Some(("cx", "bot")));
        for other in
            ["anna", "system:serviceaccount:cx", "system:serviceaccount::bot", "system:serviceaccount:cx:"]
        {
            assert_eq!(account_of(other), None, "{other}");
        }
        assert_eq!(account_of("system:serviceaccount:cx:bot:x"), None);
        let [every, own] = account_groups("cx");
        assert_eq!((accounts_in(&every), accounts_in(&own)), (None, Some("cx")));
        assert_eq!(accounts_in("system:serviceaccountsx:cx"), None);
    }
}
