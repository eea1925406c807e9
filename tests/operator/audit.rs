//! What the operator has asked of the API server, from the audit log.

use jiff::Timestamp;
use serde_json::Value;
use xtask::controlplane::ControlPlane;

use crate::process::read;
use crate::support::{OPERATOR, SOON, eventually};

/// A request of the operator.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) at: Timestamp,
    pub(crate) verb: String,
    /// With its subresource, as `pods/status`.
    pub(crate) resource: String,
    /// `NAMESPACE/NAME`.
    pub(crate) object: String,
    pub(crate) code: i64,
}

impl Request {
    fn read(line: &Value) -> Self {
        let text = |pointer: &str| {
            line.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned).unwrap_or_default()
        };
        let subresource = text("/objectRef/subresource");
        let slash = if subresource.is_empty() { "" } else { "/" };
        Self {
            at: text("/requestReceivedTimestamp").parse().unwrap(),
            verb: text("/verb"),
            resource: format!("{}{slash}{subresource}", text("/objectRef/resource")),
            object: format!("{}/{}", text("/objectRef/namespace"), text("/objectRef/name")),
            code: line["responseStatus"]["code"].as_i64().unwrap_or_default(),
        }
    }

    /// Whether it changes something. Questions are POSTs too; a Lease is written to live.
    fn is_write(&self) -> bool {
        !["get", "list", "watch"].contains(&self.verb.as_str())
            && !["subjectaccessreviews", "leases"].contains(&self.resource.as_str())
    }
}

/// The finished requests of the operator, in the order in which they came in.
pub(crate) fn requests(plane: &ControlPlane) -> Vec<Request> {
    let log = read(&plane.audit_log());
    // The last line may be half written.
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ours = lines.filter(|line| line["user"]["username"] == OPERATOR);
    let mut requests: Vec<Request> = ours.map(|line| Request::read(&line)).collect();
    requests.sort_by_key(|request| request.at);
    requests
}

/// What the operator has written so far.
pub(crate) fn writes(plane: &ControlPlane) -> Vec<Request> {
    requests(plane).into_iter().filter(Request::is_write).collect()
}

/// Waits until the operator has written nothing for some seconds.
pub(crate) async fn until_silent(plane: &ControlPlane) {
    let (mut count, mut same) = (0, 0);
    let silent = async || {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let writes = writes(plane);
        same = if writes.len() == count { same + 1 } else { 0 };
        count = writes.len();
        if same >= 6 { Ok(()) } else { Err(format!("{:?}", writes.last())) }
    };
    eventually("silence", SOON, silent).await;
}
