//! Definitions that every client knows: `google.protobuf.Struct`, health, reflection. Written out here so that reflection can hand them on.

use super::descriptor::{BYTES, ENUM, FieldSpec, File, INT32, MESSAGE, STRING, enumeration, map_entry};
use bytes::Bytes;
use std::sync::LazyLock;

/// Name of the file with `google.protobuf.Value`.
pub(super) const STRUCT_FILE: &str = "google/protobuf/struct.proto";
pub(super) const VALUE: &str = ".google.protobuf.Value";
const DOUBLE: u64 = 1;
const BOOL: u64 = 8;

/// A file that doesn't depend on any live service.
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) package: &'static str,
    /// Its messages, enums and services, without the package.
    pub(super) symbols: &'static [&'static str],
    pub(super) bytes: Bytes,
}

impl Known {
    /// Whether the file defines the symbol, or a part of something in it.
    pub(super) fn has(&self, symbol: &str) -> bool {
        let Some(inner) = symbol.strip_prefix(self.package).and_then(|rest| rest.strip_prefix('.')) else { return false };
        self.symbols.contains(&inner.split('.').next().unwrap_or(inner))
    }
}

/// All of them.
pub(super) static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    vec![
        Known {
            name: STRUCT_FILE,
            package: "google.protobuf",
            symbols: &["Struct", "Value", "NullValue", "ListValue"],
            bytes: structures().into(),
        },
        Known {
            name: "grpc/health/v1/health.proto",
            package: "grpc.health.v1",
            symbols: &["HealthCheckRequest", "HealthCheckResponse", "HealthListRequest", "HealthListResponse", "Health"],
            bytes: health().into(),
        },
        reflection("grpc/reflection/v1/reflection.proto", "grpc.reflection.v1"),
        reflection("grpc/reflection/v1alpha/reflection.proto", "grpc.reflection.v1alpha"),
    ]
});

fn structures() -> Vec<u8> {
    let mut file = File::new(STRUCT_FILE, "google.protobuf", &[]);
    file.message("Struct", &[FieldSpec::of("fields", 1, MESSAGE, ".google.protobuf.Struct.FieldsEntry").repeated()], &[], |message| {
        map_entry(message, "FieldsEntry", STRING, FieldSpec::of("value", 2, MESSAGE, VALUE));
    });
    let kinds = [
        FieldSpec::of("null_value", 1, ENUM, ".google.protobuf.NullValue"),
        FieldSpec::new("number_value", 2, DOUBLE),
        FieldSpec::new("string_value", 3, STRING),
        FieldSpec::new("bool_value", 4, BOOL),
        FieldSpec::of("struct_value", 5, MESSAGE, ".google.protobuf.Struct"),
        FieldSpec::of("list_value", 6, MESSAGE, ".google.protobuf.ListValue"),
    ];
    file.message("Value", &kinds.map(|field| field.in_oneof(0)), &["kind"], |_| {});
    file.message("ListValue", &[FieldSpec::of("values", 1, MESSAGE, VALUE).repeated()], &[], |_| {});
    file.enumeration("NullValue", &["NULL_VALUE"]);
    // As in the file that clients bring themselves: two that differ would clash there.
    file.options(|options| {
        options.text(1, "com.google.protobuf");
        options.text(8, "StructProto");
        options.boolean(10, true);
        options.text(11, "google.golang.org/protobuf/types/known/structpb");
        options.boolean(31, true);
        options.text(36, "GPB");
        options.text(37, "Google.Protobuf.WellKnownTypes");
    });
    file.finish()
}

fn health() -> Vec<u8> {
    let mut file = File::new("grpc/health/v1/health.proto", "grpc.health.v1", &[]);
    file.message("HealthCheckRequest", &[FieldSpec::new("service", 1, STRING)], &[], |_| {});
    let status = FieldSpec::of("status", 1, ENUM, ".grpc.health.v1.HealthCheckResponse.ServingStatus");
    file.message("HealthCheckResponse", &[status], &[], |message| {
        message.nested(4, |inner| enumeration(inner, "ServingStatus", &["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]));
    });
    file.message("HealthListRequest", &[], &[], |_| {});
    let statuses = FieldSpec::of("statuses", 1, MESSAGE, ".grpc.health.v1.HealthListResponse.StatusesEntry").repeated();
    file.message("HealthListResponse", &[statuses], &[], |message| {
        let value = FieldSpec::of("value", 2, MESSAGE, ".grpc.health.v1.HealthCheckResponse");
        map_entry(message, "StatusesEntry", STRING, value);
    });
    let (request, response) = (".grpc.health.v1.HealthCheckRequest", ".grpc.health.v1.HealthCheckResponse");
    file.service(
        "Health",
        [
            ("Check", request, response, false, false),
            ("List", ".grpc.health.v1.HealthListRequest", ".grpc.health.v1.HealthListResponse", false, false),
            ("Watch", request, response, false, true),
        ],
    );
    file.finish()
}

fn reflection(name: &'static str, package: &'static str) -> Known {
    let full = |message: &str| format!(".{package}.{message}");
    let mut file = File::new(name, package, &[]);
    let extension = full("ExtensionRequest");
    let request = [
        FieldSpec::new("host", 1, STRING),
        FieldSpec::new("file_by_filename", 3, STRING).in_oneof(0),
        FieldSpec::new("file_containing_symbol", 4, STRING).in_oneof(0),
        FieldSpec::of("file_containing_extension", 5, MESSAGE, &extension).in_oneof(0),
        FieldSpec::new("all_extension_numbers_of_type", 6, STRING).in_oneof(0),
        FieldSpec::new("list_services", 7, STRING).in_oneof(0),
    ];
    file.message("ServerReflectionRequest", &request, &["message_request"], |_| {});
    file.message(
        "ExtensionRequest",
        &[FieldSpec::new("containing_type", 1, STRING), FieldSpec::new("extension_number", 2, INT32)],
        &[],
        |_| {},
    );
    let (original, files, numbers, list, error) = (
        full("ServerReflectionRequest"),
        full("FileDescriptorResponse"),
        full("ExtensionNumberResponse"),
        full("ListServiceResponse"),
        full("ErrorResponse"),
    );
    let response = [
        FieldSpec::new("valid_host", 1, STRING),
        FieldSpec::of("original_request", 2, MESSAGE, &original),
        FieldSpec::of("file_descriptor_response", 4, MESSAGE, &files).in_oneof(0),
        FieldSpec::of("all_extension_numbers_response", 5, MESSAGE, &numbers).in_oneof(0),
        FieldSpec::of("list_services_response", 6, MESSAGE, &list).in_oneof(0),
        FieldSpec::of("error_response", 7, MESSAGE, &error).in_oneof(0),
    ];
    file.message("ServerReflectionResponse", &response, &["message_response"], |_| {});
    file.message("FileDescriptorResponse", &[FieldSpec::new("file_descriptor_proto", 1, BYTES).repeated()], &[], |_| {});
    let numbers = [FieldSpec::new("base_type_name", 1, STRING), FieldSpec::new("extension_number", 2, INT32).repeated()];
    file.message("ExtensionNumberResponse", &numbers, &[], |_| {});
    let service = full("ServiceResponse");
    file.message("ListServiceResponse", &[FieldSpec::of("service", 1, MESSAGE, &service).repeated()], &[], |_| {});
    file.message("ServiceResponse", &[FieldSpec::new("name", 1, STRING)], &[], |_| {});
    file.message("ErrorResponse", &[FieldSpec::new("error_code", 1, INT32), FieldSpec::new("error_message", 2, STRING)], &[], |_| {});
    file.service("ServerReflection", [("ServerReflectionInfo", &*original, &*full("ServerReflectionResponse"), true, true)]);
    let symbols = &[
        "ServerReflectionRequest",
        "ExtensionRequest",
        "ServerReflectionResponse",
        "FileDescriptorResponse",
        "ExtensionNumberResponse",
        "ListServiceResponse",
        "ServiceResponse",
        "ErrorResponse",
        "ServerReflection",
    ];
    Known { name, package, symbols, bytes: file.finish().into() }
}
