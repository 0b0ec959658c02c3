"""gRPC, where `--port` or `--grpc_socket_path` asks for it. Inside this package `import grpc` is still the library."""
