DROP TABLE support_chat.support_turns;
DROP TABLE support_chat.support_admins;
DROP TABLE support_chat.support_settings;
