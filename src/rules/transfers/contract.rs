//! What makes standard contractual clauses invalid: CX107 reports it, CX104 counts on what has no defect.

use crate::api::{ClauseModule, Transfer, VendorRole};
use crate::engine::Query;
use crate::values::Date;

/// The day on which decision 2021/914 entered into force. Clauses of before are of the old sets, void since 2022-12-27.
const IN_FORCE: &str = "2021-06-27";

/// Something that is wrong with an entry.
pub(crate) struct Defect {
    /// The field of the entry.
    pub(crate) field: &'static str,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do.
    pub(crate) remedy: String,
}

/// What is wrong with the clauses of an entry of a vendor with this role.
pub(crate) fn defects(query: &Query<'_>, role: Option<VendorRole>, entry: &Transfer) -> Vec<Defect> {
    let mut defects = Vec::new();
    let mut add = |field, message, remedy| defects.push(Defect { field, message, remedy });
    let fitting = fitting(role);
    match entry.module {
        None => add(
            "module",
            "the module of decision 2021/914 is not on record".to_owned(),
            format!("record the module that was signed: {}", words(fitting)),
        ),
        Some(module) if !fitting.contains(&module) => add(
            "module",
            match role {
                Some(role) => format!("the module {module} does not fit a vendor with the role {role}"),
                None => format!("the module {module} fits no processor, and no other role is on record"),
            },
            format!("sign the module {}, or correct the vendor's role", words(fitting)),
        ),
        Some(_) => {}
    }
    let sign = || "have the clauses of decision 2021/914 signed, and record the day".to_owned();
    match entry.signed_on {
        None => {
            add("signedOn", "the day on which the clauses were signed is not on record".to_owned(), sign());
        }
        Some(day) if !query.has_begun(day) => {
            add("signedOn", format!("the clauses are not in force before {day}"), sign());
        }
        Some(day) if IN_FORCE.parse().is_ok_and(|first: Date| day < first) => add(
            "signedOn",
            format!("clauses signed on {day} are of a set that is void since 2022-12-27"),
            sign(),
        ),
        Some(_) => {}
    }
    defects
}

/// The modules that fit a role. We are the controller, or a processor where the vendor is our sub-processor.
fn fitting(role: Option<VendorRole>) -> &'static [ClauseModule] {
    match role {
        // As everywhere, who has no role counts as a processor: of whom, is not known.
        None => &[ClauseModule::ControllerToProcessor, ClauseModule::ProcessorToProcessor],
        Some(VendorRole::Processor) => &[ClauseModule::ControllerToProcessor],
        Some(VendorRole::SubProcessor) => &[ClauseModule::ProcessorToProcessor],
        Some(VendorRole::Controller | VendorRole::JointController) => {
            &[ClauseModule::ControllerToController, ClauseModule::ProcessorToController]
        }
    }
}

fn words(modules: &[ClauseModule]) -> String {
    modules.iter().map(|module| module.as_str()).collect::<Vec<_>>().join(" or ")
}
