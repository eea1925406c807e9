//! Who tries what with a grant, and what the API server says.

use serde_json::{Value, json};

/// One attempt: by whom, where, at which grant (`new` is created), with what in its spec, and the refusal, if any.
pub(crate) type Case = (&'static str, &'static str, &'static str, Value, Option<&'static str>);

/// What every new grant asks for.
pub(crate) fn asked_for() -> Value {
    json!({
        "subject": {"kind": "User", "name": "sam"},
        "role": {"kind": "ClusterRole", "name": "feedback-reader"},
        "expiresAt": "2026-12-18T18:00:00Z",
    })
}

pub(crate) fn asking() -> Vec<Case> {
    let in_another_name =
        Some("CX508: rita creates this grant and must be its requester: set spec.requestedBy to rita");
    vec![
        ("rita", "cx", "new", json!({"requestedBy": "rita"}), None),
        ("rita", "cx", "new", json!({"requestedBy": "anna"}), in_another_name),
        ("rita", "cx", "new", json!({}), in_another_name),
        ("rita", "cx", "asked", json!({"requestedBy": "anna"}), Some("requestedBy is immutable")),
        ("rita", "cx", "asked", json!({"requestedBy": null}), Some("requestedBy is immutable")),
        ("rita", "cx", "asked", json!({"revoked": {"reason": "a mistake"}}), None),
        ("rita", "cx", "asked", json!({"startsAt": "2026-11-20T08:00:00Z", "dataForm": "Aggregate"}), None),
        ("rita", "cx", "asked", json!({"expiresAt": "2026-12-01T00:00:00Z"}), None),
        ("vera", "cx", "new", json!({"requestedBy": "rita"}), None),
        ("vera", "cx", "new", json!({}), None),
        // `vouch` is held where it is bound.
        ("vera", "cx-other", "new", json!({"requestedBy": "rita"}), Some("CX508: vera creates this grant")),
    ]
}

/// An approval by this user.
fn by(name: &str) -> Value {
    json!({"by": name, "at": "2026-11-20T15:00:00Z"})
}

pub(crate) fn approving() -> Vec<Case> {
    let verb = Some("lacks the verb approve on accessgrants in cx: leave spec.approval as it is");
    let other_name =
        Some("CX508: anna approves and must sign with the own name: set spec.approval.by to anna");
    let own = Some("gets access by this grant or asked for it, and cannot approve it");
    let signed = |by_whom: &str| json!({ "approval": by(by_whom) });
    let subject = |kind: &str, name: &str| json!({"requestedBy": "ralf", "approval": by("ralf"), "subject": {"kind": kind, "name": name}});
    let vouched = |subject: Value, requester: &str, approver: &str| json!({"subject": subject, "requestedBy": requester, "approval": by(approver)});
    let bot = json!({"kind": "ServiceAccount", "name": "bot"});
    let issued = |holder: Value| {
        json!({
            "subject": {"kind": "IssuedServiceAccount", "name": "bot"}, "issuedTo": holder,
            "requestedBy": "rita", "approval": by("anna"),
        })
    };
    vec![
        ("anna", "cx", "asked", signed("anna"), None),
        ("rita", "cx", "asked", signed("rita"), Some("CX508: rita lacks the verb approve")),
        ("rita", "cx", "asked", signed("anna"), verb),
        ("carl", "cx", "asked", signed("carl"), verb),
        ("anna", "cx", "asked", signed("lead"), other_name),
        ("anna", "cx-other", "asked", signed("anna"), None),
        // A requester who holds `approve`.
        ("ralf", "cx", "asked", signed("ralf"), None),
        ("ralf", "cx", "asked-by-ralf", signed("ralf"), own),
        ("anna", "cx", "asked-by-ralf", signed("anna"), None),
        // The subject in each of its forms.
        ("anna", "cx", "for-anna", signed("anna"), Some("CX508: anna gets access by this grant")),
        ("anna", "cx", "for-approvers", signed("anna"), own),
        ("ralf", "cx", "for-approvers", signed("ralf"), None),
        ("anna", "cx", "issued-to-anna", signed("anna"), own),
        ("anna", "cx", "issued-to-approvers", signed("anna"), own),
        ("ralf", "cx", "issued-to-anna", signed("ralf"), None),
        // An approval in a new grant.
        ("rita", "cx", "new", json!({"requestedBy": "rita", "approval": by("anna")}), verb),
        ("rita", "cx", "new", json!({"requestedBy": "rita", "approval": by("rita")}), verb),
        ("ralf", "cx", "new", json!({"requestedBy": "ralf", "approval": by("ralf")}), own),
        ("ralf", "cx", "new", subject("User", "ralf"), own),
        (
            "ralf",
            "cx",
            "new",
            json!({"requestedBy": "ralf", "approval": by("anna")}),
            Some("must sign with the own name"),
        ),
        // Vouching: any names, except that nobody approves their own.
        ("vera", "cx", "new", vouched(json!({"kind": "User", "name": "sam"}), "rita", "anna"), None),
        ("vera", "cx", "new", vouched(json!({"kind": "User", "name": "sam"}), "rita", "rita"), own),
        ("vera", "cx", "new", vouched(json!({"kind": "User", "name": "sam"}), "rita", "sam"), own),
        ("vera", "cx", "new", vouched(bot.clone(), "rita", "system:serviceaccount:cx:bot"), own),
        ("vera", "cx", "new", vouched(bot, "rita", "system:serviceaccount:cx-other:bot"), None),
        ("vera", "cx", "new", issued(json!({"kind": "User", "name": "anna"})), own),
        ("vera", "cx", "new", issued(json!({"kind": "ServiceAccount", "name": "anna"})), None),
        ("vera", "cx", "asked", signed("anna"), None),
        ("vera", "cx", "asked", signed("rita"), own),
        ("vera", "cx-other", "asked", signed("anna"), Some("lacks the verb approve")),
    ]
}

pub(crate) fn extending() -> Vec<Case> {
    let longer = "2027-01-31T00:00:00Z";
    let again = |by: &str| json!({"by": by, "at": "2026-11-21T00:00:00Z"});
    let later = Some("expiresAt moves later only with a later approval");
    let verb = Some("CX508: rita lacks the verb approve");
    vec![
        ("rita", "cx", "approved", json!({ "expiresAt": longer }), later),
        ("rita", "cx", "approved", json!({ "expiresAt": null }), later),
        ("anna", "cx", "approved", json!({ "expiresAt": longer }), later),
        ("rita", "cx", "approved", json!({"expiresAt": longer, "approval": again("anna")}), verb),
        ("rita", "cx", "approved", json!({"expiresAt": null, "approval": again("anna")}), verb),
        ("rita", "cx", "approved", json!({"approval": again("anna")}), verb),
        ("anna", "cx", "approved", json!({"expiresAt": longer, "approval": again("anna")}), None),
        ("anna", "cx", "approved", json!({"expiresAt": null, "approval": again("anna")}), None),
        ("anna", "cx", "endless", json!({ "expiresAt": longer }), None),
        ("anna", "cx", "endless", json!({"approval": again("anna")}), None),
        ("rita", "cx", "approved", json!({ "approval": null }), Some("approval stays")),
        ("anna", "cx", "approved", json!({ "approval": null }), Some("approval stays")),
        (
            "anna",
            "cx",
            "approved",
            json!({"approval": {"at": "2026-11-01T00:00:00Z"}}),
            Some("approval stays"),
        ),
        ("rita", "cx", "approved", json!({"reviewedOn": "2026-11-22"}), None),
        ("rita", "cx", "approved", json!({"revoked": {}}), None),
    ]
}

/// A review that says by whom.
pub(crate) fn reviewing() -> Vec<Case> {
    let by = |name: &str| json!({"reviewedBy": name, "reviewedOn": "2026-11-22"});
    let own = Some("gets access by this grant, asked for it or approved it, and cannot review it");
    let verb = Some("CX505: rita lacks the verb approve on accessgrants in cx: leave spec.reviewedBy");
    let signed = Some("CX505: ralf reviews and must sign with the own name: set spec.reviewedBy to ralf");
    vec![
        ("ralf", "cx", "approved", by("ralf"), None),
        ("ralf", "cx", "approved", by("lead"), signed),
        ("rita", "cx", "approved", by("rita"), verb),
        ("rita", "cx", "approved", by("ralf"), verb),
        ("anna", "cx", "approved", by("anna"), own),
        ("ralf", "cx", "asked-by-ralf", by("ralf"), own),
        ("anna", "cx", "for-anna", by("anna"), own),
        ("anna", "cx", "for-approvers", by("anna"), own),
        ("anna", "cx", "issued-to-approvers", by("anna"), own),
        ("vera", "cx", "approved", by("ralf"), None),
        ("vera", "cx", "approved", by("anna"), own),
        ("vera", "cx", "approved", by("rita"), own),
        ("vera", "cx", "approved", by("sam"), own),
        // Nor without a name.
        ("anna", "cx", "issued-to-approvers", json!({"reviewedOn": "2026-11-22"}), own),
        // Nobody moves the day beside another's name; without a name it counts for less, and is free to others.
        ("rita", "cx", "reviewed", json!({"reviewedOn": "2026-11-23"}), verb),
        (
            "anna",
            "cx",
            "reviewed",
            json!({"reviewedOn": "2026-11-23"}),
            Some("CX505: anna reviews and must sign"),
        ),
        ("ralf", "cx", "reviewed", json!({"reviewedOn": "2026-11-23"}), None),
        ("rita", "cx", "reviewed", json!({"reviewedOn": "2026-11-23", "reviewedBy": null}), None),
        ("rita", "cx", "reviewed", json!({"reason": "still needed"}), None),
        ("rita", "cx", "new", json!({"requestedBy": "rita", "reviewedBy": "rita"}), verb),
        ("ralf", "cx", "new", json!({"requestedBy": "ralf", "reviewedBy": "ralf"}), own),
    ]
}

/// What was read is what is approved, where the approver says what was read.
pub(crate) fn of_a_generation() -> Vec<Case> {
    let of = |generation: i64| json!({"approval": {"by": "anna", "at": "2026-11-20T15:00:00Z", "generation": generation}});
    let other = Some("CX508: the approval is of generation 2, and the grant is at 1: read it again");
    vec![
        ("anna", "cx", "asked", of(1), None),
        ("anna", "cx", "asked", of(2), other),
        ("vera", "cx", "asked", of(2), other),
        // One who vouches brings what is stored elsewhere.
        ("vera", "cx", "new", json!({"requestedBy": "rita", "approval": of(7)["approval"]}), None),
    ]
}

/// In `cx-light` a policy asks for no approval, in `cx-audit` one enforces nothing; `cx` knows neither.
pub(crate) fn without_approval() -> Vec<Case> {
    let asks = |user: &str| json!({ "requestedBy": user });
    let bind = Some("lacks the verb bind on ClusterRole feedback-reader: ask somebody who holds it");
    let mut cases = vec![
        (
            "rita",
            "cx-light",
            "new",
            asks("rita"),
            Some("CX508: CompliancePolicy light asks for no approval in cx-light"),
        ),
        ("rita", "cx-audit", "new", asks("rita"), Some("CX508: CompliancePolicy audit asks for no approval")),
        ("rita", "cx-warn", "new", asks("rita"), Some("CX508: CompliancePolicy warn asks for no approval")),
        ("bea", "cx-light", "new", asks("bea"), None),
        ("bea", "cx", "new", asks("bea"), None),
        ("vera", "cx-light", "new", json!({"requestedBy": "rita", "approval": by("anna")}), None),
        (
            "bea",
            "cx-light",
            "new",
            json!({"requestedBy": "bea", "role": {"kind": "Role", "name": "feedback-reader"}}),
            Some("lacks the verb bind on Role"),
        ),
        (
            "bea",
            "cx-light",
            "new",
            json!({"requestedBy": "bea", "role": {"kind": "ClusterRole", "name": "admin"}}),
            Some("lacks the verb bind on ClusterRole admin"),
        ),
    ];
    // The grant was there before the policy.
    for change in [
        json!({"startsAt": "2026-11-20T08:00:00Z"}),
        json!({"dataForm": "Identifiable"}),
        json!({"emergency": true}),
    ] {
        cases.push(("rita", "cx-light", "asked", change.clone(), bind));
        cases.push(("bea", "cx-light", "asked", change, None));
    }
    for change in [
        json!({"revoked": {}}),
        json!({"reviewedOn": "2026-11-22"}),
        json!({"expiresAt": "2026-12-01T00:00:00Z"}),
    ] {
        cases.push(("rita", "cx-light", "asked", change, None));
    }
    cases
}

/// In `cx-light` the group on-call may approve its own.
pub(crate) fn emergencies() -> Vec<Case> {
    let own = |by_whom: &str| json!({"requestedBy": by_whom, "emergency": true, "approval": by(by_whom), "subject": {"kind": "User", "name": by_whom}});
    let refused = Some("approve an own grant in an emergency (access.emergency)");
    let again = |by: &str| json!({"approval": {"by": by, "at": "2026-11-20T15:00:00Z"}});
    let once = Some("CX508: ralf has approved this own grant once, and cannot do so again");
    let to = |subject: Value| {
        let mut grant = own("ralf");
        grant["subject"] = subject;
        grant
    };
    let issued = |holder: Value| {
        let mut grant = to(json!({"kind": "IssuedServiceAccount", "name": "bot"}));
        grant["issuedTo"] = holder;
        grant
    };
    let starting = |at: &str| {
        let mut grant = own("ralf");
        grant["startsAt"] = json!(at);
        grant
    };
    let only = Some("CX508: in an emergency ralf approves own access only");
    let at_once = Some("CX508: in an emergency access that ralf approves begins at once");
    vec![
        // For others, and for later.
        ("ralf", "cx-light", "new", to(json!({"kind": "User", "name": "carl"})), only),
        ("ralf", "cx-light", "new", to(json!({"kind": "Group", "name": "team"})), only),
        ("ralf", "cx-light", "new", to(json!({"kind": "ServiceAccount", "name": "bot"})), only),
        ("ralf", "cx-light", "new", issued(json!({"kind": "User", "name": "carl"})), only),
        ("ralf", "cx-light", "new", issued(json!({"kind": "Group", "name": "on-call"})), only),
        ("ralf", "cx-light", "new", issued(json!({"kind": "User", "name": "ralf"})), None),
        ("ralf", "cx-light", "new", starting("2026-11-20T15:00:01Z"), at_once),
        ("ralf", "cx-light", "new", starting("2026-11-20T15:00:00Z"), None),
        ("ralf", "cx-light", "night", again("ralf"), once),
        ("anna", "cx-light", "night", again("anna"), None),
        // Two policies refuse this, and which of them speaks is not certain.
        ("vera", "cx-light", "night", again("ralf"), Some("CX508: ")),
        ("ralf", "cx-light", "new", own("ralf"), None),
        ("ralf", "cx", "new", own("ralf"), refused),
        ("anna", "cx-light", "for-anna", json!({"emergency": true, "approval": by("anna")}), refused),
        ("anna", "cx-light", "asked", json!({"emergency": true, "approval": by("anna")}), None),
        ("bea", "cx-light", "new", own("bea"), Some("CX508: bea lacks the verb approve")),
        (
            "vera",
            "cx-light",
            "new",
            own("ralf"),
            Some("CX508: vera cannot sign for ralf a grant to themselves"),
        ),
        (
            "ralf",
            "cx-light",
            "new",
            json!({"requestedBy": "ralf", "emergency": false, "approval": by("ralf")}),
            Some("cannot approve it"),
        ),
    ]
}
