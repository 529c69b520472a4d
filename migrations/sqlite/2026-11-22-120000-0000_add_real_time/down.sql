DROP TABLE support_socket_tickets;
