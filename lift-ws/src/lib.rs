//! WebSocket back ends on AWS Lambda behind API Gateway.
