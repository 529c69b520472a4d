DROP TABLE support_chat.support_socket_tickets;
