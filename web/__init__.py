"""The pages: server-rendered, without cookies or JavaScript for anything essential."""
