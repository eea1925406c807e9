//! Asking for access.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, ensure};
use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args};
use jiff::Timestamp;
use kube::api::PostParams;

use super::limits::Limits;
use super::{command, manifest, whom_to_ask, words};
use crate::api::{
    AccessGrant, AccessGrantSpec, Approval, DataForm, GrantSubject, Holder, HolderKind, RoleKind, RoleRef,
    SubjectKind,
};
use crate::cli::clock::now;
use crate::cli::form::Form;
use crate::cli::session::{Place, Session, lacks_right, refused};
use crate::values::{Instant, Period, whole_seconds};

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("who").args(["user", "group", "service_account"]))]
#[command(group = ArgGroup::new("end").args(["until", "duration"]))]
#[command(after_help = "Examples:
  cxguard grant request --role ClusterRole/feedback-reader --data-form Pseudonymised \\
      --reason 'churn analysis for Q4' --for ann@corp.example --duration 14d -n cx-feedback
  cxguard grant request --role Role/exporter --data-form Aggregate --reason 'quarterly report' \\
      --group report-writers --until 2026-12-18T18:00:00Z --dry-run -o yaml -n cx-feedback
  cxguard grant request --role ClusterRole/feedback-reader --data-form Pseudonymised \\
      --reason 'churn analysis' --for ann@corp.example --issued-account ann-churn -n cx-feedback
  cxguard grant request --role ClusterRole/feedback-reader --data-form Identifiable \\
      --reason 'outage 17' --emergency --duration 2h -n cx-feedback

Without --for, --group or --service-account the access is for yourself. The request is in your own name, whatever is \
in this command: the API server knows who you are. Without --until or --duration the end is the latest that the policies allow, if you may list them; else say which.")]
pub(super) struct Arguments {
    /// What the access allows: ClusterRole/NAME or Role/NAME
    #[arg(long, value_name = "KIND/NAME", value_parser = role)]
    role: RoleRef,

    /// The most that it shows of a person: Aggregate, Anonymised, Pseudonymised or Identifiable
    #[arg(long, value_name = "FORM", value_parser = form)]
    data_form: DataForm,

    /// Why access is needed
    #[arg(long, value_name = "TEXT", value_parser = words)]
    reason: String,

    /// For a user, by the name that the API server knows
    #[arg(id = "user", long = "for", value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
    user: Option<String>,

    /// For everybody in a group
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    group: Option<String>,

    /// For a service account of the namespace
    #[arg(long, value_name = "NAME")]
    service_account: Option<String>,

    /// Through a service account of this name, made for the grant: whoever it is for fetches its tokens (`cxguard login`)
    #[arg(long, value_name = "NAME", conflicts_with = "service_account")]
    issued_account: Option<String>,

    /// When access ends
    #[arg(long, value_name = "INSTANT")]
    until: Option<Instant>,

    /// How long access lasts from its start, such as 8h or 14d
    #[arg(long, value_name = "PERIOD")]
    duration: Option<Period>,

    /// Approve it yourself, where a policy lets you in an emergency: it is short, announced, and somebody else reviews it
    #[arg(long, conflicts_with = "starts_at")]
    emergency: bool,

    /// When access begins; without it, at once
    #[arg(long, value_name = "INSTANT")]
    starts_at: Option<Instant>,

    /// Who is warned before the end
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,

    /// The name of the grant; without it, made from who and role
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    name: Option<String>,

    #[command(flatten)]
    place: Place,

    /// Ask the API server what it would say, and store nothing
    #[arg(long)]
    dry_run: bool,

    /// The form of the output
    #[arg(short, long, value_enum, default_value = "text")]
    output: Form,
}

/// `ClusterRole/feedback-reader`.
fn role(text: &str) -> Result<RoleRef, String> {
    let expected = || "expected ClusterRole/NAME or Role/NAME".to_owned();
    let (kind, name) = text.split_once('/').filter(|(_, name)| !name.is_empty()).ok_or_else(expected)?;
    let kind = match kind {
        "ClusterRole" => RoleKind::ClusterRole,
        "Role" => RoleKind::Role,
        _ => return Err(expected()),
    };
    Ok(RoleRef { kind, name: name.to_owned() })
}

pub(super) fn form(text: &str) -> Result<DataForm, String> {
    serde_json::from_value(text.into())
        .map_err(|_| "expected Aggregate, Anonymised, Pseudonymised or Identifiable".to_owned())
}

pub(super) async fn main(arguments: &Arguments) -> Result<ExitCode> {
    let session = Session::at(&arguments.place).await?;
    let me = session.me().await?.name;
    let mut wanted = wanted(arguments, &me, now())?;
    wanted.metadata.namespace = Some(session.namespace.clone());
    if let Some(note) = Limits::read(&session).await?.end(&mut wanted.spec, now())? {
        let _ = writeln!(std::io::stderr(), "note: {note}");
    }
    let name = wanted.metadata.name.clone().unwrap_or_default();
    let object = serde_json::to_value(&wanted).and_then(serde_json::from_value);
    let object = object.context("failed to write the grant")?;
    let how = PostParams { dry_run: arguments.dry_run, field_manager: Some("cxguard-cli".to_owned()) };
    let created = session.grants().create(&how, &object).await;
    let created = created.map_err(|error| {
        let problem = refused(&format!("failed to request AccessGrant {}/{name}", session.namespace), &error);
        anyhow!("{problem}{}", hint(arguments, &session, &name, &error))
    })?;
    if arguments.output != Form::Text {
        let object = if arguments.dry_run { object } else { manifest(created) };
        return arguments.output.print(&object, String::new);
    }
    let asked = format!(
        "AccessGrant {}/{name} {}: {}/{} for {} {}, asked for by {me}\n",
        session.namespace,
        if arguments.dry_run { "would be requested" } else { "requested" },
        wanted.spec.role.kind,
        wanted.spec.role.name,
        wanted.spec.subject.kind,
        wanted.spec.subject.name,
    );
    let next = if arguments.emergency {
        format!(
            "approved by {me} in an emergency; somebody else is to review it: {}\n",
            command("review", &session, &name)
        )
    } else {
        let approve = command("approve", &session, &name);
        let ask = whom_to_ask(&session, &wanted).await;
        format!("where approval is needed, somebody else gives it: {approve}\n{ask}")
    };
    arguments.output.print(&object, || asked + &next)
}

/// What to do about a refusal that another name, another role or another person would not get.
fn hint(arguments: &Arguments, session: &Session, name: &str, error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) if status.code == 409 => {
            let show = command("show", session, name);
            format!("\ngive the request a name of its own, or look at what is there: {show}")
        }
        error if lacks_right(error) => {
            "\nwho asks for access holds the ClusterRole cxguard-grant-requester in the namespace".to_owned()
        }
        kube::Error::Api(status) if arguments.emergency && status.message.contains("CX508") => {
            "\nwithout --emergency it waits until somebody else has approved it".to_owned()
        }
        _ => String::new(),
    }
}

/// The grant that is asked for, but for its namespace.
fn wanted(arguments: &Arguments, me: &str, now: Timestamp) -> Result<AccessGrant> {
    let named = [
        (SubjectKind::User, &arguments.user),
        (SubjectKind::Group, &arguments.group),
        (SubjectKind::ServiceAccount, &arguments.service_account),
    ];
    let named = named.into_iter().find_map(|(kind, name)| Some((kind, name.clone()?)));
    let (kind, who) = named.unwrap_or_else(|| (SubjectKind::User, me.to_owned()));
    let start = whole_seconds(arguments.starts_at.map_or(now, Instant::timestamp));
    let lasts = arguments.duration.map(|duration| duration.after(start));
    let lasts = lasts.map(|end| Instant::bounded(end).context("--duration leads beyond the year 2199"));
    let (subject, issued_to) = match &arguments.issued_account {
        None => (GrantSubject { kind, name: who.clone() }, None),
        Some(account) => {
            let group = kind == SubjectKind::Group;
            let holder = if group { HolderKind::Group } else { HolderKind::User };
            let subject = GrantSubject { kind: SubjectKind::IssuedServiceAccount, name: account.clone() };
            (subject, Some(Holder { kind: holder, name: who.clone() }))
        }
    };
    let expires_at = lasts.transpose()?.or(arguments.until);
    if let Some(end) = expires_at {
        ensure!(end.timestamp() > now, "{end} has passed: ask for access that ends later");
    }
    let approval =
        arguments.emergency.then(|| Approval { by: me.to_owned(), at: now.into(), generation: None });
    let spec = AccessGrantSpec {
        owner: arguments.owner.clone(),
        subject,
        issued_to,
        role: arguments.role.clone(),
        data_form: Some(arguments.data_form),
        emergency: arguments.emergency.then_some(true),
        reason: Some(arguments.reason.clone()),
        starts_at: arguments.starts_at,
        expires_at,
        requested_by: Some(me.to_owned()),
        approval,
        reviewed_on: None,
        reviewed_by: None,
        revoked: None,
    };
    let name = arguments.name.clone().unwrap_or_else(|| name_for(&who, &arguments.role.name));
    Ok(AccessGrant::new(&name, spec))
}

/// A name that says who and which role: `ann-feedback-reader`.
pub(super) fn name_for(who: &str, role: &str) -> String {
    const LONGEST: usize = 63;
    let local = who.split('@').next().unwrap_or(who);
    let text = format!("{local}-{role}").to_lowercase();
    let plain: String =
        text.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).collect();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    let name: String = parts.join("-").chars().take(LONGEST).collect();
    let name = name.trim_end_matches('-');
    if name.is_empty() { "grant".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn asked(line: &str) -> Result<AccessGrant, String> {
        let line = format!("request --role ClusterRole/reader --data-form Aggregate --reason r {line}");
        let line = Line::try_parse_from(line.split_whitespace()).map_err(|error| error.to_string())?;
        let now = Timestamp::new(1_795_435_200, 500_000_000).map_err(|error| error.to_string())?;
        wanted(&line.arguments, "rita@corp.example", now).map_err(|error| error.to_string())
    }

    #[test]
    fn a_request_says_who_and_until_when() {
        for (line, kind, who, until, name) in [
            ("", "User", "rita@corp.example", "", "rita-reader"),
            (
                "--for ann@x.example --until 2026-12-18T18:00:00Z",
                "User",
                "ann@x.example",
                "2026-12-18T18:00:00Z",
                "ann-reader",
            ),
            (
                "--group All_Leads --duration 8h",
                "Group",
                "All_Leads",
                "2026-11-23T20:00:00Z",
                "all-leads-reader",
            ),
            (
                "--service-account bot --duration 1d --starts-at 2026-12-01T00:00:00Z n",
                "ServiceAccount",
                "bot",
                "2026-12-02T00:00:00Z",
                "n",
            ),
        ] {
            let grant = asked(line).unwrap();
            let end = grant.spec.expires_at.map(|end| end.to_string()).unwrap_or_default();
            let found = (
                grant.spec.subject.kind.to_string(),
                grant.spec.subject.name,
                end,
                grant.metadata.name.unwrap(),
            );
            assert_eq!(found, (kind.to_owned(), who.to_owned(), until.to_owned(), name.to_owned()), "{line}");
            assert_eq!(grant.spec.requested_by.as_deref(), Some("rita@corp.example"));
            assert!(grant.spec.approval.is_none());
        }
    }

    #[test]
    fn an_account_is_issued_to_whoever_asks_for_it_or_is_named() {
        for (line, holder) in [("", "User rita@corp.example"), ("--group leads", "Group leads")] {
            let spec = asked(&format!("{line} --issued-account bot")).unwrap().spec;
            let issued_to = spec.issued_to.unwrap();
            assert_eq!(format!("{} {}", issued_to.kind, issued_to.name), holder);
            assert_eq!((spec.subject.kind, &*spec.subject.name), (SubjectKind::IssuedServiceAccount, "bot"));
        }
    }

    #[test]
    fn an_emergency_is_approved_by_who_asks() {
        let spec = asked("--emergency --duration 2h").unwrap().spec;
        let approval = spec.approval.unwrap();
        assert_eq!((spec.emergency, approval.by.as_str()), (Some(true), "rita@corp.example"));
        assert_eq!(approval.at.to_string(), "2026-11-23T12:00:00.5Z");
        assert_eq!(spec.expires_at.unwrap().to_string(), "2026-11-23T14:00:00Z");
    }

    #[test]
    fn what_contradicts_itself_is_no_request() {
        for line in [
            "--service-account bot --issued-account bot",
            "--for ann --group leads",
            "--until 2026-12-18T18:00:00Z --duration 8h",
            "--until tomorrow",
            "--until 2026-11-23T12:00:00Z",
            "--starts-at 2026-11-01T00:00:00Z --duration 1d",
            "--emergency --starts-at 2026-12-18T18:00:00Z",
            "--duration 999999d",
            "--role reader",
            "--role Group/reader",
            "--data-form Everything",
        ] {
            assert!(asked(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_name_is_one_that_the_api_server_takes() {
        for (who, role, expected) in [
            ("analyst-7@insight-partners.example", "feedback-reader", "analyst-7-feedback-reader"),
            ("system:serviceaccount:cx:bot", "x:y", "system-serviceaccount-cx-bot-x-y"),
            ("日本", "本", "grant"),
        ] {
            assert_eq!(name_for(who, role), expected);
        }
        assert!(name_for(&"a".repeat(200), "r").len() <= 63);
    }
}
