//! Customer service and distribution service as two servers.

use protocol::message::content::{ContentReply, ContentRequest, TransferOutcome};
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::staff::{DistributionRow, Query, StaffReply, StaffRequest};
use protocol::message::{Reply, Service};
use protocol::net::quinn::ConnectionError;
use protocol::net::{Client, CloseCode, Identity, LinkError, client_config, report_config};
use protocol::package::MissingChunks;
use protocol::{OrderState, RefusalCode};

use super::play::{Vendor, fetch, order_id, start};
use crate::server::keys::read_authority;
use crate::server::passport::Passport;
use crate::server::{Role, Server, issue_distribution};

async fn distribution(vendor: &Vendor) -> Server {
    let identity = vendor.folder.path().join("identity");
    if !identity.exists() {
        let name = "osaka".parse().unwrap();
        issue_distribution(&vendor.data(), &name, &identity, &vendor.clock).await.unwrap();
    }
    let customers = vendor.server().local_addr().to_string();
    let packages = vendor.data().join("packages");
    start(Role::Distribution { identity, customers, packages }, &vendor.clock).await
}

#[tokio::test]
async fn a_purchase_goes_through_two_services_and_is_delivered_only_when_the_report_has_arrived() {
    let (mut vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let content_server: protocol::Text<120> = "content.example:7443".parse().unwrap();
    vendor.restart_as(|data| Role::Customers { data, content_server: content_server.clone() }).await;
    let distribution = distribution(&vendor).await;
    let authorised = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    assert_eq!(authorised.content_server, Some(content_server));

    let config = client_config(&device.credentials, Service::Content).unwrap();
    let here = Client::connect(distribution.local_addr(), config.clone()).await.unwrap();
    let missing = MissingChunks::collect(1, |_| false);
    let package = device.manifest(&authorised).digest();
    let mut transfer = fetch(here.clone(), &authorised.ticket, missing).await.unwrap();
    transfer.read_all().await;
    let addr = vendor.server().local_addr();
    vendor.close().await;
    assert_eq!(transfer.end(package).await, Err(RefusalCode::ServiceUnavailable));

    vendor.reopen_at(addr, |data| Role::Customers { data, content_server: "x:1".parse().unwrap() }).await;
    let status = DeviceRequest::Status { order: authorised.order };
    assert_eq!(device.ask(&vendor, status).await, Ok(DeviceReply::Status(OrderState::Authorised)));
    let again = fetch(here, &authorised.ticket, MissingChunks::default()).await.unwrap();
    again.end(package).await.unwrap();
    device.received(&vendor, &authorised).await.unwrap();
    device.choose(&vendor, authorised.order, "permanent").await.unwrap();
    distribution.shutdown().await;
}

#[tokio::test]
async fn each_service_refuses_what_is_the_others() {
    let (mut vendor, world) = Vendor::with_world().await;
    vendor.restart_as(|data| Role::Customers { data, content_server: "x:1".parse().unwrap() }).await;
    let distribution = distribution(&vendor).await;
    let authorised = world.device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    let config = client_config(&world.device.credentials, Service::Content).unwrap();
    let client = Client::connect(vendor.server().local_addr(), config).await.unwrap();
    let request = ContentRequest::Fetch { ticket: authorised.ticket, missing: Default::default() };
    let refused = client.request::<_, ContentReply>(&request).await;
    assert!(matches!(refused, Err(LinkError::NotPermitted)), "{refused:?}");
    let config = client_config(&vendor.admin(), Service::Staff).unwrap();
    let staff = Client::connect(distribution.local_addr(), config).await;
    assert!(matches!(staff, Err(LinkError::Distrust(_))), "no such service there: {staff:?}");
}

async fn rows(vendor: &Vendor) -> Vec<DistributionRow> {
    match vendor.staff().await.ask(StaffRequest::Distributions(Query::default())).await.unwrap() {
        StaffReply::Distributions(page) => page.rows,
        other => panic!("{other:?}"),
    }
}

async fn report(client: &Client) -> Result<ContentReply, RefusalCode> {
    let outcome = TransferOutcome::Failed(protocol::FailureCode::LinkLost);
    let request = ContentRequest::Report { order: order_id(), outcome };
    let reply: Reply<ContentReply> = client.request(&request).await.unwrap();
    reply.outcome.map_err(|refusal| refusal.code)
}

#[tokio::test]
async fn a_revoked_distribution_service_is_closed_and_can_report_nothing_any_more() {
    let (vendor, _) = Vendor::with_world().await;
    let paths = ["osaka", "nagoya"].map(|name| vendor.folder.path().join(name));
    for (name, path) in ["osaka", "nagoya"].iter().zip(&paths) {
        issue_distribution(&vendor.data(), &name.parse().unwrap(), path, &vendor.clock).await.unwrap();
    }
    let connect = async |path: &std::path::Path| {
        let config = report_config(&Passport::read(path).unwrap().client).unwrap();
        Client::connect(vendor.server().local_addr(), config).await.unwrap()
    };
    let (osaka, nagoya) = (connect(&paths[0]).await, connect(&paths[1]).await);
    assert_eq!(report(&osaka).await, Err(RefusalCode::UnknownOrder), "it may speak");
    let states: Vec<_> = rows(&vendor).await.into_iter().map(|row| (row.number, row.is_connected)).collect();
    assert_eq!(states, [(2, true), (1, true)]);

    let staff = vendor.staff().await;
    let revoke = StaffRequest::RevokeDistribution { number: 1 };
    let StaffReply::Distribution(row) = staff.ask(revoke.clone()).await.unwrap() else { panic!() };
    assert_eq!(row.revoked_at, Some(vendor.clock.now()));
    let ConnectionError::ApplicationClosed(close) = osaka.connection().closed().await else { panic!() };
    assert_eq!(close.error_code, CloseCode::Revoked.var_int());
    assert_eq!(report(&connect(&paths[0]).await).await, Err(RefusalCode::NotPermitted));
    assert_eq!(report(&nagoya).await, Err(RefusalCode::UnknownOrder), "the other one goes on");
    assert_eq!(staff.ask(revoke).await, Err(RefusalCode::Conflict));
    assert_eq!(staff.ask(StaffRequest::RevokeDistribution { number: 9 }).await, Err(RefusalCode::NotFound));
    let StaffReply::Audit(log) = staff.ask(StaffRequest::Audit(Query::default())).await.unwrap() else { panic!() };
    let told = |action: &str| log.rows.iter().any(|row| row.line.action.as_str() == action);
    assert!(told("issue-distribution") && told("revoke-distribution"));
}

#[tokio::test]
async fn a_distribution_service_that_is_on_no_file_is_heard_of_nothing() {
    let (vendor, _) = Vendor::with_world().await;
    let authority = read_authority(&vendor.data().join("issuer.pem")).unwrap();
    let forged = authority.issue_client(&Identity::Distribution, vendor.clock.certificate_time()).unwrap();
    let config = report_config(&forged).unwrap();
    let client = Client::connect(vendor.server().local_addr(), config).await.unwrap();
    assert_eq!(report(&client).await, Err(RefusalCode::NotPermitted));
    let keys: Reply<ContentReply> = client.request(&ContentRequest::Keys).await.unwrap();
    assert_eq!(keys.outcome, Err(RefusalCode::NotPermitted.into()));
}

#[tokio::test]
async fn a_device_hears_that_a_service_is_out_of_order_when_its_distribution_service_was_revoked() {
    let (mut vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    vendor.restart_as(|data| Role::Customers { data, content_server: "x:1".parse().unwrap() }).await;
    let distribution = distribution(&vendor).await;
    let authorised = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    vendor.staff().await.ask(StaffRequest::RevokeDistribution { number: 1 }).await.unwrap();
    let config = client_config(&device.credentials, Service::Content).unwrap();
    let here = Client::connect(distribution.local_addr(), config).await.unwrap();
    let mut transfer = fetch(here, &authorised.ticket, MissingChunks::collect(1, |_| false)).await.unwrap();
    transfer.read_all().await;
    let ended = transfer.end(device.manifest(&authorised).digest()).await;
    assert_eq!(ended, Err(RefusalCode::ServiceUnavailable));
}
