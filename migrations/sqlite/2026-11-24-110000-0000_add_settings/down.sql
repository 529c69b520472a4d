DROP TABLE support_turns;
DROP TABLE support_admins;
DROP TABLE support_settings;
