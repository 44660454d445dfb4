"""What people look at: pages made of plain values. This room reads no file and asks nobody."""
