"""gRPC, enabled by `--port` or `--grpc_socket_path`. Inside this package too, `import grpc` means the library."""
